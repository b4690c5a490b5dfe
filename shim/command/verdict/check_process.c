/* check_process: finds out from /proc how a running process was started. */
#include "verdict/check_process.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/lookalikes.h"
#include "process/proc.h"
#include "process/process.h"
#include "program/library.h"
#include "supervise/filter.h"
#include "supervise/supervise.h"

static FILE *open_file(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "re");
}

/* A line of maps: addresses, permissions, offset, device, inode, path. */
static bool is_code_of_ours(const char *line)
{
	const char *permissions = strchr(line, ' '), *path = strchr(line, '/');

	return permissions && path && permissions < path && permissions[3] == 'x' &&
	       library_is_file(path);
}

/* Returns 0, or an errno if its memory map cannot be seen. */
static int read_maps(pid_t pid, struct process_check *check)
{
	FILE *maps = open_file(pid, "maps");
	char *line = NULL;
	size_t size = 0;

	if (!maps)
		return errno;
	while (!check->library && getline(&line, &size, maps) > 0)
		check->library = is_code_of_ours(line);
	free(line);
	fclose(maps);
	return 0;
}

/* Pairs of a type and a value, as wide as the program's words. */
static void read_auxiliary_vector(pid_t pid, unsigned char class, struct process_check *check)
{
	FILE *file = open_file(pid, "auxv");
	uint64_t wide[2] = { AT_NULL };
	uint32_t narrow[2] = { AT_NULL };
	bool is_64 = class == ELFCLASS64;

	while (file && fread(is_64 ? (void *)wide : narrow, is_64 ? sizeof(wide) : sizeof(narrow),
			     1, file) == 1) {
		if ((is_64 ? wide[0] : narrow[0]) == AT_SECURE)
			check->privileged = (is_64 ? wide[1] : narrow[1]) != 0;
	}
	if (file)
		fclose(file);
}

static void take_variable(const char *entry, struct texts *texts)
{
	for (unsigned i = 0; i < VARIABLES; i++) {
		size_t length = strlen(variable_name(i));

		if (strncmp(entry, variable_name(i), length) == 0 && entry[length] == '=' &&
		    !texts->text[i])
			texts->text[i] = entry + length + 1;
	}
}

/*
 * The environment that it was started with: strings, each terminated by a zero byte. Programs that
 * show a title in ps(1) write it over these strings and zero the rest (nginx, redis, Chromium).
 * This can be recognised, because execve(2) hardly ever gets a string without an equals sign.
 */
static void read_environment(pid_t pid, struct process_check *check)
{
	size_t length;

	check->environment = proc_read_all(pid, "environ", &length);
	for (size_t i = 0; i < length; i += strlen(check->environment + i) + 1) {
		if (!strchr(check->environment + i, '='))
			check->overwritten = true;
		take_variable(check->environment + i, &check->texts);
		lookalike_warn(check->environment + i, true);
	}
}

static bool is_ancestor(pid_t ancestor, pid_t pid)
{
	while (pid && pid != ancestor)
		pid = (pid_t)proc_status_number(pid, "PPid");
	return pid != 0;
}

/*
 * The process's number in its own PID namespace. *only: it has no other.
 */
static pid_t own_number(pid_t pid, bool *only)
{
	char *status = proc_read_all(pid, "status", NULL), *end;
	const char *at;
	long number = 0;
	unsigned count = 0;

	for (at = proc_status_field(status, "NSpid"); *at && *at != '\n'; at = end) {
		number = strtol(at, &end, 10);
		count += end > at;
		end += *end == '\t';
	}
	free(status);
	*only = count <= 1;
	return (pid_t)number;
}

/*
 * The process that a supervisor names (supervise.h), by the number in its own PID namespace; 0 for
 * other processes.
 */
static pid_t named_by(pid_t candidate)
{
	char line[64];

	if (!proc_read(candidate, "comm", line, sizeof(line)) || strcmp(line, "keepalive\n") != 0 ||
	    !proc_read(candidate, "cmdline", line, sizeof(line)) ||
	    strncmp(line, SUPERVISING, strlen(SUPERVISING)) != 0)
		return 0;
	return (pid_t)strtol(line + strlen(SUPERVISING), NULL, 10);
}

/* The time since boot, on the clock of process start times; 0 if not known. */
static double started(pid_t pid)
{
	char line[1024];
	const char *behind_name; /* which may hold blanks and parentheses */
	unsigned long long ticks = 0;

	proc_read(pid, "stat", line, sizeof(line));
	behind_name = strrchr(line, ')');
	if (behind_name)
		sscanf(behind_name,
		       ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		       "%*s %llu",
		       &ticks); /* the 22nd field: proc(5) */
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* "0::/PATH" of /proc/PID/cgroup: that of version 2. */
static void read_cgroup(pid_t pid, char *text, size_t size)
{
	const char *line;

	proc_read(pid, "cgroup", text, size);
	line = strstr(text, "0::");
	memmove(text, line ? line : "", line ? strlen(line) + 1 : 1);
}

/* Whether a supervisor leaves its sockets alone: callers.h. */
static bool is_elsewhere(pid_t supervisor, pid_t pid)
{
	struct stat ours, theirs;
	char our_group[4096], their_group[4096];

	read_cgroup(supervisor, our_group, sizeof(our_group));
	read_cgroup(pid, their_group, sizeof(their_group));
	return strcmp(our_group, their_group) != 0 ||
	       (proc_stat(supervisor, "net/dev", &ours) && proc_stat(pid, "net/dev", &theirs) &&
		(ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino));
}

/*
 * The process that a supervisor names, by our numbers, if it comes from it: it is its guard's parent.
 * 0 if it is another one.
 */
static pid_t origin(pid_t candidate, pid_t named)
{
	bool ours;

	for (unsigned i = 0; i < 2 && candidate; i++) {
		candidate = (pid_t)proc_status_number(candidate, "PPid");
		if (candidate && own_number(candidate, &ours) == named)
			return candidate;
	}
	return 0;
}

/*
 * Whether it may have the supervisor's filter although it comes from no one who is named: started
 * later, with more filters than the supervisor has, and with init, or whoever else took in the
 * supervisor, for a parent. Before Linux 5.9 filters are not counted.
 */
static bool may_be_served(pid_t supervisor, pid_t pid)
{
	long filters = proc_status_number(supervisor, "Seccomp_filters");
	long more = proc_status_number(pid, "Seccomp_filters");
	long parent = proc_status_number(process_first_filtered(pid, filters), "PPid");
	pid_t guard = (pid_t)proc_status_number(supervisor, "PPid");

	return started(pid) >= started(supervisor) && !is_elsewhere(supervisor, pid) &&
	       (more > filters || !more) &&
	       (parent == 1 || (guard && parent == proc_status_number(guard, "PPid")));
}

/*
 * All that comes from the process that a supervisor names is supervised by it. That is its guard's
 * parent at first, later one that it has served. Once that has ended too, or a daemon has left the tree,
 * nothing shows it.
 */
static void consider(pid_t candidate, pid_t pid, struct process_check *check)
{
	pid_t parent, named = named_by(candidate);
	bool ours;

	if (!named)
		return;
	parent = origin(candidate, named);
	if (parent)
		named = parent;
	else if (own_number(candidate, &ours) && !ours)
		named = 0;
	if (named && is_ancestor(named, pid)) {
		check->supervisor = candidate;
		check->served = named;
		check->renamed = !parent;
	} else if (!named || (kill(named, 0) != 0 && errno == ESRCH) ||
		   may_be_served(candidate, pid)) {
		check->orphaned = true;
	}
}

static bool is_filtered(pid_t pid)
{
	enum { SECCOMP_FILTERED = 2 };

	return proc_status_number(pid, "Seccomp") == SECCOMP_FILTERED;
}

static void find_supervisor(pid_t pid, struct process_check *check)
{
	DIR *proc = is_filtered(pid) ? opendir("/proc") : NULL;
	struct dirent *entry;

	while (proc && !check->supervisor && (entry = readdir(proc))) {
		pid_t candidate = (pid_t)strtol(entry->d_name, NULL, 10);

		if (candidate > 0)
			consider(candidate, pid, check);
	}
	if (proc)
		closedir(proc);
}

/*
 * In a container that was started under supervision the supervisor is outside and cannot be seen. But
 * it serves us as well as the processes around us.
 */
static void consider_outside(pid_t pid, struct process_check *check)
{
	struct process_check ours = { 0 };
	enum filter_state state = FILTER_OFF;

	if (!check->supervisor && !check->elsewhere && !check->orphaned && is_filtered(pid) &&
	    is_filtered(getpid()))
		state = filter_state();
	if (state == FILTER_OFF)
		return;
	find_supervisor(getpid(), &ours);
	if (ours.supervisor || ours.orphaned)
		return;
	check->elsewhere = (state == FILTER_ELSEWHERE) != is_elsewhere(getpid(), pid);
	check->outside = state == FILTER_SERVES && !check->elsewhere;
}

static double seconds(struct timespec time)
{
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool file_changed(pid_t pid)
{
	char path[64];
	struct stat file;
	struct timespec now, up;
	double start = started(pid);

	snprintf(path, sizeof(path), "/proc/%d/root" HOST_FILE, (int)pid);
	if (!start || stat(path, &file) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) != 0)
		return false;
	return seconds(file.st_ctim) > seconds(now) - seconds(up) + start + 0.01;
}

static bool has_any(const struct texts *texts)
{
	bool any = false;

	for (unsigned i = 0; i < VARIABLES; i++)
		any = any || texts->text[i];
	return any;
}

void check_process(pid_t pid, unsigned char class, struct process_check *check)
{
	memset(check, 0, sizeof(*check));
	check->kernel = process_is_of_kernel(pid);
	if (check->kernel)
		return;
	find_supervisor(pid, check);
	if (check->supervisor && is_elsewhere(check->supervisor, pid)) {
		check->elsewhere = true;
		check->supervisor = 0;
	}
	consider_outside(pid, check);
	check->hidden = read_maps(pid, check);
	if (check->hidden)
		return;
	read_auxiliary_vector(pid, class, check);
	/* a run inside a run has settings that do not hold */
	read_environment(check->supervisor ? check->served : pid, check);
	check->emptied = check->supervisor && check->renamed && !has_any(&check->texts);
	check->file_changed = file_changed(pid);
	if (check->library && !check->supervisor)
		reach_read(pid, &check->reach);
}
