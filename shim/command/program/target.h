/*
 * target: what a command finally executes: the file found in PATH, and the executable that runs it.
 */
#ifndef KEEPALIVE_TARGET_H
#define KEEPALIVE_TARGET_H

#include <sys/stat.h>

#include "process/process.h"
#include "program/elf_file.h"
#include "program/linked.h"
#include "program/traits.h"
#include "rules.h"

/* The privileges that executing the target would add to ours; the kernel then ignores preloads. */
enum privilege { PRIVILEGE_NONE, PRIVILEGE_SETUID, PRIVILEGE_SETGID, PRIVILEGE_CAPABILITIES };

struct target {
	char path[PATH_MAX];       /* the argument of execve(2): the command as found */
	char executable[PATH_MAX]; /* what runs: the same, or what #! or env(1) names */
	const char *root;          /* the root directory of these paths; "" for ours */
	char file[PATH_MAX];       /* where executable is for us; of a process nothing */
	char name[NAME_MAX + 1];   /* base name of executable, links resolved, as /proc/self/exe */
	char comm[16];             /* the name the process will have, proc(5) */
	bool readable;             /* whether we may read executable; if not, elf is not known */
	struct elf elf;            /* of executable */
	struct traits traits;      /* of executable, if it is dynamic */
	struct linked linked;      /* target_read_libraries(); of a process nothing */
	bool is_linker;            /* executable is the dynamic linker, which runs its argument */
	bool is_musl;              /* its dynamic linker is musl's */
	enum privilege privilege;  /* of executable, for us */
	enum privilege others;     /* and for other users */
	bool is_script;            /* path is one, and executable was found by its #! line */
	bool unknown;              /* env(1) is used with options that hide what it runs */
	bool drops_preload;        /* env(1) is used, and removes LD_PRELOAD */
	bool sets_settings;        /* env(1) is used, and sets our variables */
	char given[64];            /* a static or Go program among the arguments; or empty */
	bool interpreter_missing;  /* the dynamic linker that executable names does not exist */
};

/*
 * Finds the command as execvp(3) does, and follows #! lines, and env(1) by its arguments; a text
 * file without a #! line is run by the shell. command ends with a NULL. Returns 0, or an errno,
 * which is about executable if that is not empty. ENOEXEC means that neither a #! line nor an ELF
 * header shows how to start the file.
 */
int target_find(char **command, struct target *target);

/*
 * The same in the image below root, whose paths and symbolic links are meant there; the programs
 * among the arguments are not looked at. root lives as long as target.
 */
int target_find_in(const char *root, char **command, struct target *target);

/*
 * Reads the libraries of what target_find() found, which takes up to tens of milliseconds. If the
 * program imports socket(2) itself, only the remarks of a verdict depend on them.
 */
void target_read_libraries(struct target *target);

/* Reports the error of target_find(): which file it is of, and what was meant perhaps. */
void target_say_error(const struct target *target, const char *command, int error);

/* The same for what a process runs now, as far as it can be seen, without path and privilege. */
void target_of_process(const struct process *process, struct target *target);

/* The names of the target for rules; they live as long as it does. */
struct program target_program(const struct target *target);

#endif
