/* output: writes a line without blocking, and without a signal. */
#include "output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "file.h"
#include "system.h"
#include "text.h"

enum { NAME_SIZE = 256, IS_LINK = 0120000, TYPE_MASK = 0170000, OTHERS_WRITE = 0022 };

/* A signal set as the system calls use it: 64 signals. */
struct signals {
	unsigned long bits[8 / sizeof(unsigned long)];
};

static void signals_add(struct signals *set, int signal)
{
	unsigned bit = (unsigned)signal - 1, width = 8 * sizeof(set->bits[0]);

	set->bits[bit / width] |= 1UL << bit % width;
}

/* Whether a write of one line will not block, and there is a reader. */
static bool is_writable(int fd)
{
	struct pollfd poll = { .fd = fd, .events = POLLOUT };
	long zero[4] = { 0 };

	return system_call()(SYS_ppoll, &poll, 1, zero, NULL, 8) == 1 && poll.revents == POLLOUT;
}

/*
 * Blocks the signals that a write can raise, and removes those that this write raised. Without
 * that, SIGTTOU would stop a background job whose terminal has tostop set; while it is blocked, the
 * job may write.
 */
static void write_quietly(int fd, const char *line, size_t length)
{
	struct signals raised = { { 0 } }, before = { { 0 } }, pending = { { 0 } },
		       ours = { { 0 } };
	long zero[4] = { 0 };

	signals_add(&raised, SIGPIPE);
	signals_add(&raised, SIGXFSZ);
	signals_add(&raised, SIGTTOU);
	if (system_call()(SYS_rt_sigprocmask, SIG_BLOCK, &raised, &before, 8) != 0)
		return;
	system_call()(SYS_rt_sigpending, &pending, 8);
	if (system_call()(SYS_write, fd, line, length) < 0) {
		for (unsigned i = 0; i < 8 / sizeof(ours.bits[0]); i++)
			ours.bits[i] = raised.bits[i] & ~pending.bits[i];
		while (system_call()(SYS_rt_sigtimedwait, &ours, NULL, zero, 8) > 0)
			;
	}
	system_call()(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
}

static int open_at(int directory, const char *name, int flags)
{
	return (int)system_call()(SYS_openat, directory, name, flags | O_CLOEXEC, 0640);
}

/*
 * Opens the same pipe or terminal again, so that a write that would block fails: O_NONBLOCK on the
 * descriptor itself would affect everybody who shares it.
 */
static int open_again(int fd)
{
	char path[32];
	struct text text = TEXT(path);

	text_string(&text, "/proc/self/fd/");
	text_number(&text, (unsigned long)fd);
	text_char(&text, '\0');
	return open_at(AT_FDCWD, path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
}

/*
 * A terminal of another user (su(1)) cannot be opened again, except as the controlling one. poll(2)
 * does not help with terminals, because it reports one as writable that has room for a single byte.
 */
static int open_terminal(int fd)
{
	unsigned here = 0, there = 1;
	int again;

	if (system_call()(SYS_ioctl, fd, TIOCGDEV, &here) != 0)
		return -1; /* another device: what a line or an open means to it is not known */
	again = open_again(fd);
	if (again >= 0)
		return again;
	again = open_at(AT_FDCWD, "/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY);
	if (again < 0)
		return again;
	system_call()(SYS_ioctl, again, TIOCGDEV, &there);
	if (here == there)
		return again;
	system_call()(SYS_close, again);
	return -1;
}

void output_line(int fd, const char *line, size_t length)
{
	int again = -1;

	switch (file_kind(file_of(fd))) {
	case FILE_SOCKET:
		system_call()(SYS_sendto, fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
		return;
	case FILE_REGULAR:
	case FILE_SINK:
		write_quietly(fd, line, length);
		return;
	case FILE_TERMINAL:
		again = open_terminal(fd);
		break;
	case FILE_PIPE:
		again = open_again(fd);
		/*
		 * Another user's, but a line fits if poll(2) reports it as writable: PIPE_BUF,
		 * pipe(7).
		 */
		if (again < 0 && is_writable(fd))
			write_quietly(fd, line, length);
		break;
	case FILE_OTHER:
	case FILE_UNKNOWN:
		return;
	}
	if (again < 0)
		return;
	write_quietly(again, line, length);
	system_call()(SYS_close, again);
}

/* Only root and we can create links in it. */
static bool is_trusted(int directory)
{
	struct file file = file_of(directory);

	return file.inode && !(file.mode & OTHERS_WRITE) &&
	       (file.uid == 0 || file.uid == (uint32_t)system_call()(SYS_geteuid));
}

static bool is_link(int directory, const char *name)
{
	int fd = open_at(directory, name, O_PATH | O_NOFOLLOW);
	bool link = fd >= 0 && (file_of(fd).mode & TYPE_MASK) == IS_LINK;

	if (fd >= 0)
		system_call()(SYS_close, fd);
	return link;
}

/* Opens one component of the path; follows a link only if its directory can be trusted. */
static int step(int directory, const char *name, bool last)
{
	int flags = last ? O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY : O_PATH;

	if (!is_link(directory, name))
		return open_at(directory, name, flags | O_NOFOLLOW);
	return is_trusted(directory) ? open_at(directory, name, flags) : -1;
}

/* Copies the next component of the path; returns what follows it, NULL if it is too long. */
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

int output_open(const char *path)
{
	char name[NAME_SIZE];
	int fd = open_at(AT_FDCWD, "/", O_PATH);

	while (fd >= 0 && *path) {
		int next;

		path = component(path, name);
		next = path ? step(fd, name, !*path) : -1;
		system_call()(SYS_close, fd);
		fd = next;
		if (!path)
			break;
	}
	return fd;
}

void output_append(const char *path, const char *line, size_t length)
{
	int fd = output_open(path);

	if (fd < 0)
		return;
	write_quietly(fd, line, length);
	system_call()(SYS_close, fd);
}
