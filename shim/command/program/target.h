/*
 * target: what a command is in the end: the file found in PATH, and the executable that runs it.
 */
#ifndef KEEPALIVE_TARGET_H
#define KEEPALIVE_TARGET_H

#include <sys/stat.h>

#include "process/process.h"
#include "program/elf_file.h"
#include "program/traits.h"
#include "rules.h"

/* What executing the target would add to our privileges; the kernel then ignores preloads. */
enum privilege { PRIVILEGE_NONE, PRIVILEGE_SETUID, PRIVILEGE_SETGID, PRIVILEGE_CAPABILITIES };

struct target {
	char path[PATH_MAX];       /* what execve(2) gets: the command as found */
	char executable[PATH_MAX]; /* what runs it: the same, or what a #! line or env(1) names */
	char name[NAME_MAX + 1];   /* base name of executable, links resolved, as /proc/self/exe */
	char comm[16];             /* the name the process will have, proc(5) */
	bool readable;             /* whether we may read executable: else elf is not known */
	struct elf elf;            /* of executable */
	struct traits traits;      /* of executable, if it is dynamic */
	bool is_linker; /* executable is the dynamic linker, which runs what it is given */
	enum privilege privilege; /* of executable, for us */
	enum privilege others;    /* and for other users */
	bool is_script;           /* path is, and executable was found by its #! line */
	bool unknown;       /* env(1) is on the way, and its options leave open what it runs */
	bool drops_preload; /* env(1) on the way takes LD_PRELOAD away */
	bool sets_settings; /* env(1) on the way sets our variables */
	bool interpreter_missing; /* the dynamic linker that executable names is not there */
};

/*
 * Finds the command as execvp(3) does, and follows #! lines, and env(1) by the words that it is
 * given; a text without such a line is the shell's. command ends with a NULL. Returns 0, or an errno value: it is about executable if that is not empty, and
 * ENOEXEC stands for a file that no #! line and no ELF header says how to start.
 */
int target_find(char **command, struct target *target);

/* The same for what a process runs now, as far as it can be seen; without path and privilege. */
void target_of_process(const struct process *process, struct target *target);

/* The names that rules know the target by; they live as long as it. */
struct program target_program(const struct target *target);

#endif
