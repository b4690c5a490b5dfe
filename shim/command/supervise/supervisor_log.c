/* supervisor_log: see supervisor_log.h. */
#include "supervise/supervisor_log.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/printable.h"
#include "process/proc.h"

/* glibc before 2.32 does not name it. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum { LINE_SIZE = 1024 };

static int standard_error = -1;
static char path[LOG_PATH_MAX + PATH_MAX];
static char caller[128]; /* "keepalive-shim[PID] PROGRAM" */

/* The log's path with the links in its directory resolved, as they are now. */
static void resolve(const char *given)
{
	char directory[PATH_MAX];
	const char *name = strrchr(given, '/');

	snprintf(path, sizeof(path), "%.*s", (int)(name - given), given);
	snprintf(path, sizeof(path), "%s%s", realpath(path, directory) ? directory : "", name);
}

int supervisor_log_start(const struct settings *settings)
{
	if (settings->log == LOG_STDERR)
		standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else if (settings->log == LOG_PATH)
		resolve(settings->log_path);
	return standard_error;
}

/* Opened for each line, so that the log can be rotated; never through a link: it may be new. */
static int open_log(void)
{
	struct open_how how = {
		.flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.mode = 0640,
		.resolve = RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static bool is_writable(int fd)
{
	struct pollfd waited = { .fd = fd, .events = POLLOUT };

	return poll(&waited, 1, 0) == 1 && waited.revents == POLLOUT;
}

static void put(const char *line, size_t length)
{
	int fd = standard_error >= 0 ? standard_error : open_log();

	if (fd >= 0 && is_writable(fd))
		(void)!write(fd, line, length);
	if (fd >= 0 && fd != standard_error)
		close(fd);
}

static bool is_wanted(void)
{
	return standard_error >= 0 || path[0];
}

void supervisor_log_caller(pid_t thread)
{
	struct text text = { caller, caller, caller + sizeof(caller) - 1 };
	char comm[64];
	size_t length;

	if (!is_wanted())
		return;
	length = proc_read(thread, "comm", comm, sizeof(comm));
	comm[length ? length - 1 : 0] = '\0'; /* the newline behind it */
	text_string(&text, "keepalive-shim[");
	text_number(&text, (unsigned long)proc_status_number(thread, "Tgid"));
	text_string(&text, "] ");
	text_printable(&text, comm);
	*text.next = '\0';
}

void supervisor_log(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	int length;

	if (!is_wanted())
		return;
	length = snprintf(line, sizeof(line), "%s: ", caller);
	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
	va_end(arguments);
	if (length > LINE_SIZE - 2)
		length = LINE_SIZE - 2;
	line[length++] = '\n';
	put(line, (size_t)length);
}

void supervisor_log_profile(int fd, const char *as, const struct endpoint *end,
			    const struct settings *settings, unsigned number)
{
	const struct profile *profile = settings_profile(settings, number);
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	if (end) {
		text_endpoint(&text, &end->address, end->port);
		text_string(&text, ": ");
	}
	if (!profile->value[OPTION_KEEPALIVE])
		text_string(&text, "left alone: ");
	if (number == PROFILE_NONE)
		text_string(&text, "KEEPALIVE_SHIM_ROLE does not include it");
	else
		text_profile(&text, profile);
	if (number >= PROFILE_RULE) {
		text_string(&text, " by rule ");
		text_number(&text, settings->rule[number - PROFILE_RULE].number);
	}
	supervisor_log("fd %d %s%.*s", fd, as, (int)(text.next - text.start), text.start);
}
