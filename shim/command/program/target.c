/* target: follows a command through PATH and #! lines to the executable that runs it. */
#include "program/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/message.h"
#include "base/path.h"
#include "process/proc.h"
#include "program/env_words.h"

enum {
	FOLLOWED_MAX = 12,   /* five scripts, as for execve(2), each started by env(1) */
	LINE_MAX_SIZE = 256, /* as much as Linux reads: BINPRM_BUF_SIZE */
};

#define BLANKS " \t"
static const char shell[] = "/bin/sh"; /* _PATH_BSHELL */

/* Copies as much as fits. */
static void copy(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length > size - 1)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

static int executable_error(const char *root, const char *path)
{
	char file[PATH_MAX];
	struct stat status;
	int error = path_in_root(root, path, file);

	if (error)
		return error;
	if (stat(file, &status) != 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EACCES;
	return access(file, X_OK) == 0 ? 0 : errno;
}

/* Puts "directory/command" into path; an empty directory in PATH is the current one. */
static bool join(char path[PATH_MAX], const char *directory, size_t length, const char *command)
{
	int size = length ? snprintf(path, PATH_MAX, "%.*s/%s", (int)length, directory, command)
			  : snprintf(path, PATH_MAX, "./%s", command);

	return size < PATH_MAX;
}

/* As execvp(3): the first that can be executed; otherwise EACCES if one was found, or ENOENT. */
static int search(const char *root, const char *command, const char *directory, char path[PATH_MAX])
{
	int error = ENOENT;

	for (;;) {
		size_t length = strcspn(directory, ":");
		int problem = join(path, directory, length, command) ? executable_error(root, path)
								     : ENAMETOOLONG;

		if (problem == 0)
			return 0;
		if (problem == EACCES)
			error = EACCES;
		if (!directory[length])
			break;
		directory += length + 1;
	}
	copy(path, PATH_MAX, command);
	return error;
}

/*
 * directories: a list as in PATH; NULL: that of this process, or in an image the one that systemd
 * gives services (systemd.exec(5)).
 */
static int find_in(const char *root, const char *command, const char *directories,
		   char path[PATH_MAX])
{
	if (!directories)
		directories = *root ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
				    : getenv("PATH");

	if (!*command) {
		*path = '\0';
		return ENOENT;
	}
	if (!strchr(command, '/'))
		return search(root, command, directories ? directories : "/bin:/usr/bin", path);
	if (snprintf(path, PATH_MAX, "%s", command) >= PATH_MAX)
		return ENAMETOOLONG;
	return executable_error(root, path);
}

static int find(const char *command, const char *directories, char path[PATH_MAX])
{
	return find_in("", command, directories, path);
}

/* Leaves the first line, without blanks at its end. Returns false if it was longer than line. */
static bool end_line(char *line)
{
	size_t length = strcspn(line, "\n");
	bool ended = length < LINE_MAX_SIZE - 1;

	while (length && strchr(BLANKS, line[length - 1]))
		length--;
	line[length] = '\0';
	return ended;
}

/*
 * Reads the start of a file that is no ELF executable. Returns what runs it, within line, and what
 * follows that there, or NULL; the shell if no #! line names one in full, as execvp(3) has it; NULL
 * if that cannot be known, as with a binary of another kind.
 */
static const char *script_interpreter(int fd, char line[LINE_MAX_SIZE], char **argument)
{
	ssize_t size = pread(fd, line, LINE_MAX_SIZE - 1, 0);
	char *interpreter, *rest;
	bool ended;

	*argument = NULL;
	line[size > 0 ? size : 0] = '\0';
	if (strncmp(line, "#!", 2) != 0)
		return memchr(line, '\0', size > 0 ? (size_t)size : 0) ? NULL : shell;
	ended = end_line(line);
	interpreter = line + 2 + strspn(line + 2, BLANKS);
	rest = interpreter + strcspn(interpreter, BLANKS);
	if (rest == interpreter || (!*rest && !ended))
		return shell;
	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, BLANKS);
	*argument = *rest ? rest : NULL;
	return interpreter;
}

static void set_name(struct target *target)
{
	char path[PATH_MAX];
	const char *resolved = realpath(target->file, path);

	copy(target->name, sizeof(target->name), base_name(resolved ? resolved : target->file));
}

static void set_comm(struct target *target, const char *path)
{
	copy(target->comm, sizeof(target->comm), base_name(path));
}

static bool is_env(const struct target *target)
{
	return strcmp(base_name(target->executable), "env") == 0;
}

/*
 * Replaces env(1) by the program that it runs, and *words by that program's arguments. *ends: it
 * runs nothing, or what it runs is not known.
 */
static int follow_env(struct target *target, char ***words, bool *ends)
{
	struct env_words found;
	int error;

	target->unknown = !env_words_read(*words, &found);
	*ends = target->unknown || !found.program[0];
	if (*ends && !target->unknown)
		return 0;
	target->drops_preload = target->drops_preload || found.drops_preload;
	target->sets_settings = target->sets_settings || found.sets_settings;
	if (*ends)
		return 0;
	error = find_in(target->root, found.program[0], found.path, target->executable);
	*words = found.program + 1;
	set_comm(target, target->executable);
	return error;
}

/* Replaces a script by its interpreter, and *words by the interpreter's arguments. */
static int follow_script(struct target *target, int fd, char line[LINE_MAX_SIZE], char ***words)
{
	static char script[PATH_MAX], *given[3];
	char *argument;
	const char *next = script_interpreter(fd, line, &argument);

	if (!next)
		return ENOEXEC;
	target->is_script = true;
	copy(script, sizeof(script), target->executable);
	given[0] = argument ? argument : script;
	given[1] = argument ? script : NULL;
	*words = given;
	copy(target->executable, PATH_MAX, next);
	return executable_error(target->root, target->executable);
}

/* Follows #! lines and env(1) from path to an ELF executable, with *words its arguments. */
static int follow(struct target *target, char ***words)
{
	static char lines[FOLLOWED_MAX][LINE_MAX_SIZE];

	copy(target->executable, sizeof(target->executable), target->path);
	set_comm(target, target->path);
	for (unsigned i = 0; i < FOLLOWED_MAX; i++) {
		bool ends = false;
		int error = path_in_root(target->root, target->executable, target->file);
		int fd = error ? -1 : open(target->file, O_RDONLY | O_CLOEXEC);

		if (error)
			return error;
		target->readable = fd >= 0;
		if (fd < 0)
			return errno == EACCES ? 0 : errno; /* execve(2) need not read it */
		if (!elf_read(fd, &target->elf))
			error = follow_script(target, fd, lines[i], words);
		else if (is_env(target))
			error = follow_env(target, words, &ends);
		else
			ends = true;
		close(fd);
		if (error || ends)
			return error;
	}
	return ELOOP;
}

/*
 * Whether the id, as stat(2) shows it, is one of our user namespace; others it shows as 65534,
 * mostly.
 */
static bool is_mapped(const char *map, unsigned id)
{
	char text[4096];
	unsigned first, count;
	int length;

	if (!proc_read(0, map, text, sizeof(text)))
		return true;
	for (const char *line = text; sscanf(line, "%u %*u %u%n", &first, &count, &length) == 2;
	     line += length) {
		if (id >= first && id - first < count)
			return true;
	}
	return false;
}

/* musl's dynamic linker is the C library itself, and may be a link to it. */
static bool is_musl_linker(const char *name)
{
	return strncmp(name, "ld-musl-", 8) == 0 || strncmp(name, "libc.musl-", 10) == 0 ||
	       strcmp(name, "libc.so") == 0;
}

/*
 * The dynamic linker is a shared object that can be executed: "ld-linux-x86-64.so.2 PROGRAM". So is
 * a static program that is position independent, by whatever name.
 */
static bool is_linker(const struct target *target)
{
	const char *name = target->name; /* of the file, whatever link named it */

	return target->elf.dynamic && !target->elf.interpreter[0] && !target->elf.pie &&
	       (strncmp(name, "ld-", 3) == 0 || strncmp(name, "ld.so", 5) == 0 ||
		strncmp(name, "ld64.so", 7) == 0 || is_musl_linker(name));
}

static bool is_musl(const struct target *target)
{
	return target->is_linker ? is_musl_linker(target->name)
				 : strstr(target->elf.interpreter, "/ld-musl-") != NULL;
}

/*
 * As the kernel decides in fs/exec.c and security/commoncap.c; AT_SECURE in the new program. For
 * us, or for a user who has nothing to do with the file.
 */
static enum privilege privilege_of(const char *path, bool us)
{
	struct stat status;
	struct statvfs filesystem;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || stat(path, &status) != 0 ||
	    (statvfs(path, &filesystem) == 0 && filesystem.f_flag & ST_NOSUID))
		return PRIVILEGE_NONE;
	if (is_mapped("uid_map", status.st_uid) && is_mapped("gid_map", status.st_gid)) {
		if (status.st_mode & S_ISUID && !(us && status.st_uid == getuid()))
			return PRIVILEGE_SETUID;
		if (status.st_mode & S_ISGID && status.st_mode & S_IXGRP &&
		    !(us && status.st_gid == getgid()))
			return PRIVILEGE_SETGID;
	}
	if (!(us && getuid() == 0) && getxattr(path, "security.capability", NULL, 0) > 0)
		return PRIVILEGE_CAPABILITIES;
	return PRIVILEGE_NONE;
}

/* Whether its argument is a script. */
static bool is_shell(const char *name)
{
	static const char *const shells[] = { "sh",   "ash",   "bash",  "csh",  "dash",
					      "fish", "ksh",   "lksh",  "mksh", "oksh",
					      "posh", "rbash", "rksh",  "rzsh", "sash",
					      "tcsh", "yash",  "ksh93", "zsh" };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(name, shells[i]) == 0)
			return true;
	}
	return false;
}

static bool is_script(const char *path)
{
	char line[LINE_MAX_SIZE], *argument;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = fd >= 0 && script_interpreter(fd, line, &argument);

	if (fd >= 0)
		close(fd);
	return is;
}

/*
 * The programs among the arguments, as of timeout(1) or tini(1): the first that no preload reaches,
 * and whether there is a script before it.
 */
static void find_given(char **words, struct target *target)
{
	enum { PROGRAMS = 8 }; /* a command may be given any number of files */
	char path[PATH_MAX];
	struct elf elf;

	for (unsigned seen = 0; *words && seen < PROGRAMS; words++) {
		if (**words == '-' || find(*words, NULL, path) != 0)
			continue;
		seen++;
		if (elf_read_path(path, &elf) && (elf.go || !elf.interpreter[0])) {
			copy(target->given, sizeof(target->given), *words);
			return;
		}
		target->is_script = target->is_script || is_script(path);
	}
}

/* Whether the dynamic linker that it names is not there. */
static bool misses_interpreter(const struct target *target)
{
	char file[PATH_MAX];

	return target->elf.interpreter[0] &&
	       (path_in_root(target->root, target->elf.interpreter, file) != 0 ||
		access(file, F_OK) != 0);
}

int target_find_in(const char *root, char **command, struct target *target)
{
	char **words = command + 1;
	int error;

	memset(target, 0, sizeof(*target));
	target->root = root;
	error = find_in(root, command[0], NULL, target->path);
	if (error == 0)
		error = follow(target, &words);
	if (error)
		return error;
	set_name(target);
	/* A link's name too, because the file may be busybox. */
	target->is_script =
		target->is_script ||
		(*words && (is_shell(target->name) || is_shell(base_name(target->executable))));
	if (!*root)
		find_given(words, target);
	target->privilege = privilege_of(target->file, true);
	target->others = privilege_of(target->file, false);
	target->is_linker = is_linker(target);
	target->is_musl = is_musl(target);
	if (target->elf.dynamic && target->elf.interpreter[0])
		traits_read(target->file, &target->traits);
	target->interpreter_missing = misses_interpreter(target);
	return 0;
}

int target_find(char **command, struct target *target)
{
	return target_find_in("", command, target);
}

void target_say_error(const struct target *target, const char *command, int error)
{
	const char *file = target->executable[0] ? target->executable : command;
	struct stat status;

	if (target->is_script)
		message("'%s' is run by '%s': %s", target->path, file, strerror(error));
	else if (error == ENOENT && *file && !strchr(file, '/') && access(file, F_OK) == 0)
		message("'%s' is not in PATH; for the file in this directory, write './%s'", file,
			file);
	else
		message("'%s': %s", file,
			strerror(stat(file, &status) == 0 && S_ISDIR(status.st_mode) ? EISDIR
										     : error));
}

void target_of_process(const struct process *process, struct target *target)
{
	char path[64];
	ssize_t size;

	memset(target, 0, sizeof(*target));
	copy(target->comm, sizeof(target->comm), process->comm);
	copy(target->name, sizeof(target->name), process->executable);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)process->pid);
	size = readlink(path, target->executable, sizeof(target->executable) - 1);
	target->executable[size > 0 ? size : 0] = '\0';
	target->readable = elf_read_path(path, &target->elf);
	target->is_linker = is_linker(target);
	if (target->elf.dynamic && target->elf.interpreter[0])
		traits_read(path, &target->traits);
	target->traits.asan = false; /* it has started, so what is loaded can be seen */
	target->traits.php = 0;
}

struct program target_program(const struct target *target)
{
	return (struct program){ target->name, target->comm };
}

void target_read_libraries(struct target *target)
{
	if (target->elf.dynamic && target->elf.interpreter[0])
		linked_read(target->file, target->is_musl, &target->linked);
}
