/* process: reads the names and the socket descriptors of a process from /proc. */
#include "process/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/message.h"
#include "base/printable.h"
#include "process/proc.h"

pid_t process_number(const char *text)
{
	unsigned long number;

	if (slice_number(slice_of(text), INT_MAX, &number) && number > 0)
		return (pid_t)number;
	message("'%s' is not a process id; accepted: the number of a running process", text);
	return 0;
}

bool process_numbers_hold(void)
{
	if (proc_is_ours())
		return true;
	message(access("/proc/self", F_OK) == 0
			? "/proc is that of another PID namespace: mount the proc of this one"
			: "/proc is not there: mount it");
	return false;
}

static void read_names(struct process *process)
{
	char path[64], target[PATH_MAX];
	const char *base;
	ssize_t length;

	length = (ssize_t)proc_read(process->pid, "comm", process->comm, sizeof(process->comm));
	process->comm[length > 0 ? length - 1 : 0] = '\0'; /* the trailing newline */

	process->executable[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/exe", process->pid);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return;
	target[length] = '\0';
	base = strrchr(target, '/');
	snprintf(process->executable, sizeof(process->executable), "%.*s", NAME_MAX,
		 base ? base + 1 : target);
	/* The kernel marks the name of a program that was replaced while it runs (proc(5)). */
	base = strstr(process->executable, " (deleted)");
	if (base)
		process->executable[base - process->executable] = '\0';
}

static void explain(struct text *why, pid_t pid, const char *what)
{
	text_string(why, "process ");
	text_number(why, (unsigned long)pid);
	text_string(why, what);
}

enum flags { PF_EXITING = 0x4, PF_KTHREAD = 0x00200000 }; /* include/linux/sched.h */

/* Those of /proc/PID/stat. Returns false if the process does not exist. */
static bool read_flags(pid_t pid, unsigned *flags)
{
	char line[1024];
	const char *behind_name; /* which may hold blanks and parentheses */

	proc_read(pid, "stat", line, sizeof(line));
	behind_name = strrchr(line, ')');
	return behind_name && sscanf(behind_name, ") %*c %*d %*d %*d %*d %*d %u", flags) == 1;
}

bool process_is_of_kernel(pid_t pid)
{
	unsigned flags;

	return read_flags(pid, &flags) && flags & PF_KTHREAD;
}

bool process_has_ended(pid_t pid)
{
	unsigned flags;

	return !read_flags(pid, &flags) || flags & PF_EXITING;
}

/* status: the text of /proc/PID/status. */
static bool is_zombie(const char *status)
{
	return *status && strchr("ZX", *proc_status_field(status, "State"));
}

static bool has_other_threads(const char *status)
{
	return atoi(proc_status_field(status, "Threads")) > 1;
}

bool process_goes_on(pid_t pid)
{
	char *status = proc_read_all(pid, "status", NULL);
	bool goes_on = is_zombie(status) && has_other_threads(status);

	free(status);
	return goes_on;
}

static bool read_status(struct process *process, pid_t pid, const char *status, struct text *why)
{
	int leader;

	*process = (struct process){ .pid = pid };
	if (!*status) {
		explain(why, pid, " does not exist, or is hidden from this user");
		return false;
	}
	process->uid = (uid_t)strtoul(proc_status_field(status, "Uid"), NULL, 10);
	read_names(process);
	if (is_zombie(status)) {
		explain(why, pid,
			has_other_threads(status)
				? " cannot be inspected: its first thread has ended before the "
				  "others"
				: " has ended (a zombie: its parent has yet to wait for it)");
		return false;
	}
	leader = atoi(proc_status_field(status, "Tgid"));
	if (leader != pid) {
		explain(why, pid, " is a thread; its process is ");
		text_number(why, (unsigned long)leader);
		return false;
	}
	return true;
}

bool process_read(struct process *process, pid_t pid, struct text *why)
{
	char *status = proc_read_all(pid, "status", NULL);
	bool read = read_status(process, pid, status, why);

	free(status);
	return read;
}

void text_process(struct text *text, const struct process *process)
{
	explain(text, process->pid, " (");
	text_printable(text, process->comm);
	text_char(text, ')');
}

static int by_inode(const void *left, const void *right)
{
	const struct socket_fd *a = left, *b = right;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

/* The inode if the descriptor is a socket, else 0; -1 if we may not look. */
static int64_t socket_inode(int directory, const char *fd)
{
	char target[32];
	ssize_t length = readlinkat(directory, fd, target, sizeof(target) - 1);

	if (length < 0)
		return errno == EACCES ? -1 : 0;
	target[length] = '\0';
	return strncmp(target, "socket:[", 8) == 0 ? (int64_t)strtoul(target + 8, NULL, 10) : 0;
}

int process_sockets(pid_t pid, struct socket_fd **sockets, size_t *count)
{
	char path[64];
	size_t room = 0;
	struct dirent *entry;
	DIR *directory;
	int error = 0;

	*sockets = NULL;
	*count = 0;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	if (!directory)
		return errno;
	while (!error && (entry = readdir(directory))) {
		int64_t inode;

		if (entry->d_name[0] == '.')
			continue;
		inode = socket_inode(dirfd(directory), entry->d_name);
		if (inode < 0)
			error = EACCES;
		if (inode <= 0)
			continue;
		*sockets = array_room(*sockets, *count, &room, sizeof(**sockets));
		(*sockets)[(*count)++] = (struct socket_fd){ (uint32_t)inode, atoi(entry->d_name) };
	}
	closedir(directory);
	if (*count)
		qsort(*sockets, *count, sizeof(**sockets), by_inode);
	return error;
}

bool process_has_socket(pid_t pid, const struct socket_fd *socket)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, socket->fd);
	return socket_inode(AT_FDCWD, path) == socket->inode;
}

/* The numbers in a directory of proc(5), in an array for free(3). */
static size_t list_numbers(const char *path, pid_t **numbers)
{
	size_t count = 0, room = 0;
	struct dirent *entry;
	DIR *directory = opendir(path);

	*numbers = NULL;
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		*numbers = array_room(*numbers, count, &room, sizeof(**numbers));
		(*numbers)[count++] = atoi(entry->d_name);
	}
	if (directory)
		closedir(directory);
	return count;
}

size_t process_threads_apart(pid_t pid, pid_t **threads)
{
	char path[64];
	size_t count, apart = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	count = list_numbers(path, threads);
	for (size_t i = 0; i < count; i++) {
		pid_t thread = (*threads)[i];

		if (thread != pid && syscall(SYS_kcmp, pid, thread, KCMP_FILES, 0, 0) > 0)
			(*threads)[apart++] = thread;
	}
	return apart;
}

pid_t process_first_filtered(pid_t pid, long filters)
{
	pid_t parent;

	while ((parent = (pid_t)proc_status_number(pid, "PPid")) > 0 &&
	       proc_status_number(parent, "Seccomp_filters") > filters)
		pid = parent;
	return pid;
}

size_t process_list(pid_t **pids)
{
	return list_numbers("/proc", pids);
}
