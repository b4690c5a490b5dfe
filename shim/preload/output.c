/* output: see output.h. */
#include "output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "libc.h"
#include "memory.h"

/* 32-bit musl names the calls that take a 32-bit time so. A zero time looks the same in either form. */
#if !defined(SYS_ppoll) && defined(SYS_ppoll_time32)
#define SYS_ppoll SYS_ppoll_time32
#elif !defined(SYS_ppoll)
#define SYS_ppoll SYS_ppoll_time64
#endif
#if !defined(SYS_rt_sigtimedwait) && defined(SYS_rt_sigtimedwait_time32)
#define SYS_rt_sigtimedwait SYS_rt_sigtimedwait_time32
#elif !defined(SYS_rt_sigtimedwait)
#define SYS_rt_sigtimedwait SYS_rt_sigtimedwait_time64
#endif

enum { NAME_SIZE = 256, IS_LINK = 0120000, TYPE_MASK = 0170000, OTHERS_WRITE = 0022 };

/* A signal set as the system calls take it: 64 signals. */
struct signals {
	unsigned long bits[8 / sizeof(unsigned long)];
};

static void signals_add(struct signals *set, int signal)
{
	unsigned bit = (unsigned)signal - 1, width = 8 * sizeof(set->bits[0]);

	set->bits[bit / width] |= 1UL << bit % width;
}

/* Whether a write of one line will not block, and somebody is there to read it. */
static bool is_writable(int fd)
{
	struct pollfd poll = { .fd = fd, .events = POLLOUT };
	long zero[4] = { 0 };

	return libc->syscall(SYS_ppoll, &poll, 1, zero, NULL, 8) == 1 && poll.revents == POLLOUT;
}

/*
 * Blocks the signals that a write can raise, and takes back those that this one did. SIGTTOU: a
 * background job whose terminal has tostop set would be stopped; blocked, it may write.
 */
static void write_quietly(int fd, const char *line, size_t length)
{
	struct signals raised = { { 0 } }, before = { { 0 } }, pending = { { 0 } },
		       ours = { { 0 } };
	long zero[4] = { 0 };

	signals_add(&raised, SIGPIPE);
	signals_add(&raised, SIGXFSZ);
	signals_add(&raised, SIGTTOU);
	if (libc->syscall(SYS_rt_sigprocmask, SIG_BLOCK, &raised, &before, 8) != 0)
		return;
	libc->syscall(SYS_rt_sigpending, &pending, 8);
	if (libc->syscall(SYS_write, fd, line, length) < 0) {
		for (unsigned i = 0; i < 8 / sizeof(ours.bits[0]); i++)
			ours.bits[i] = raised.bits[i] & ~pending.bits[i];
		while (libc->syscall(SYS_rt_sigtimedwait, &ours, NULL, zero, 8) > 0)
			;
	}
	libc->syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
}

void output_line(int fd, const char *line, size_t length)
{
	if (libc->syscall(SYS_sendto, fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0) >=
		    0 ||
	    errno != ENOTSOCK)
		return;
	if (is_writable(fd))
		write_quietly(fd, line, length);
}

/* Nobody but root and us can put a link into it. */
static bool is_trusted(int directory)
{
	struct file file = file_of(directory);

	return file.inode && !(file.mode & OTHERS_WRITE) &&
	       (file.uid == 0 || file.uid == (uint32_t)libc->syscall(SYS_geteuid));
}

static int open_at(int directory, const char *name, int flags)
{
	return (int)libc->syscall(SYS_openat, directory, name, flags | O_CLOEXEC, 0640);
}

/*
 * Opens one component of the path. O_PATH | O_NOFOLLOW opens a link itself; it is opened again, and
 * followed, only where it can be trusted.
 */
static int step(int directory, const char *name, bool last)
{
	int flags = last ? O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY : O_PATH;
	int fd = open_at(directory, name, flags | O_NOFOLLOW);
	bool is_link;

	if (last)
		is_link = fd < 0 && errno == ELOOP;
	else
		is_link = fd >= 0 && (file_of(fd).mode & TYPE_MASK) == IS_LINK;
	if (!is_link)
		return fd;
	if (fd >= 0)
		libc->syscall(SYS_close, fd);
	return is_trusted(directory) ? open_at(directory, name, flags) : -1;
}

/* Copies the next component of the path; returns what follows it, NULL where it is too long. */
static const char *component(const char *path, char name[NAME_SIZE])
{
	unsigned length = 0;

	while (*path == '/')
		path++;
	while (path[length] && path[length] != '/') {
		if (length == NAME_SIZE - 1)
			return NULL;
		name[length] = path[length];
		length++;
	}
	name[length] = '\0';
	path += length;
	while (*path == '/')
		path++;
	return path;
}

void output_append(const char *path, const char *line, size_t length)
{
	char name[NAME_SIZE];
	int fd, next;

	fd = open_at(AT_FDCWD, "/", O_PATH);
	while (fd >= 0 && *path) {
		path = component(path, name);
		next = path ? step(fd, name, !*path) : -1;
		libc->syscall(SYS_close, fd);
		fd = next;
	}
	if (fd < 0)
		return;
	output_line(fd, line, length);
	libc->syscall(SYS_close, fd);
}
