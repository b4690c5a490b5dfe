/*
 * process: what proc(5) shows of a process: its names, and which of its descriptors are sockets.
 */
#ifndef KEEPALIVE_PROCESS_H
#define KEEPALIVE_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

struct process {
	pid_t pid;
	uid_t uid;                     /* the real user id */
	char comm[64];                 /* /proc/PID/comm; longer than 15 for kernel threads */
	char executable[NAME_MAX + 1]; /* base name; empty if it cannot be read */
};

/* A descriptor that is a socket; the inode of sockfs(5) says which. */
struct socket_fd {
	uint32_t inode;
	int fd;
};

/*
 * Parses a PID from the command line, a decimal number. Complains and returns 0 for anything else.
 */
pid_t process_number(const char *text);

/* thread_numbers_hold(), with a message if not. */
bool process_numbers_hold(void);

/*
 * Fills *process. Returns false, with what is wrong in *why ("process 12 has ended"), if there is
 * no such process, or it is a zombie or a thread. The names of one that goes on (process_goes_on())
 * are filled in all the same.
 */
bool process_read(struct process *process, pid_t pid, struct text *why);

/*
 * Whether its first thread has ended before the others. It is not a zombie yet: the others use its
 * descriptors, which /proc shows under their numbers only.
 */
bool process_goes_on(pid_t pid);

/* Whether it is a thread of the kernel's own. */
bool process_is_of_kernel(pid_t pid);

/*
 * Whether it is gone, or about to be: it has no memory then, and its files in /proc are root's, so
 * that its own user is refused.
 */
bool process_has_ended(pid_t pid);

/* "process 12 (sshd)" */
void text_process(struct text *text, const struct process *process);

/*
 * The sockets among its descriptors, sorted by inode and then by number, in an array for free(3).
 * Returns 0 or an errno: EACCES if we may not look, ENOENT if the process has ended.
 */
int process_sockets(pid_t pid, struct socket_fd **sockets, size_t *count);

/* Whether the process, or the thread, still has this socket under this number. */
bool process_has_socket(pid_t pid, const struct socket_fd *socket);

/*
 * Its threads that have a descriptor table of their own (unshare(2), CLONE_FILES), in an array for
 * free(3); of a process that goes on (process_goes_on()) all that have not ended. Returns how many;
 * 0 if the kernel does not tell (kcmp(2)).
 */
size_t process_threads_apart(pid_t pid, pid_t **threads);

/*
 * Among the process, its parent, and so on, the last in a row that has more than this many seccomp
 * filters; the process itself before Linux 5.9, which does not report the number.
 */
pid_t process_first_filtered(pid_t pid, long filters);

/* Every process that /proc shows, in an array for free(3). Returns how many. */
size_t process_list(pid_t **pids);

#endif
