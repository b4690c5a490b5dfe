/* supervisor_log: writes the log of supervised programs. */
#include "supervise/supervisor_log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "log_line.h"
#include "output.h"
#include "process/proc.h"

enum { LINE_SIZE = 1024 };

static int standard_error = -1;
static char path[LOG_PATH_MAX];
static const struct settings *settings;
static __thread char caller[128]; /* "keepalive-shim[PID] PROGRAM: " */

int supervisor_log_start(const struct settings *those)
{
	settings = those;
	if (settings->log == LOG_STDERR)
		standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else if (settings->log ==
		 LOG_PATH) /* because the environment, where it is, is overwritten */
		snprintf(path, sizeof(path), "%s", settings->log_path);
	return standard_error;
}

static void put(const char *line, size_t length)
{
	if (standard_error >= 0)
		output_line(standard_error, line, length);
	else
		output_append(path, line, length);
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
	comm[length ? length - 1 : 0] = '\0'; /* followed by a newline */
	text_log_start(&text, (unsigned long)proc_status_number(thread, "Tgid"), comm);
	*text.next = '\0';
}

void supervisor_log(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	int length;

	if (!is_wanted())
		return;
	length = snprintf(line, sizeof(line), "%s", caller);
	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
	va_end(arguments);
	if (length > LINE_SIZE - 2)
		length = LINE_SIZE - 2;
	line[length++] = '\n';
	put(line, (size_t)length);
}

void supervisor_log_socket(int fd, enum role role, const struct endpoint *local,
			   const struct endpoint *peer, const struct standing *standing)
{
	static const struct endpoint none;
	const char *as = role == ROLE_CLIENT ? "client" : "listener";
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	text_log_socket(&text, fd, as, role == ROLE_SERVER ? local : &none, peer);
	text_log_outcome(&text, settings, role, standing, NULL, NULL);
	supervisor_log("%.*s", (int)(text.next - text.start), text.start);
}

void supervisor_log_new(int fd, unsigned number)
{
	static const struct endpoint none;
	struct standing standing = { number, 0, false };
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	text_log_socket(&text, fd, "socket", &none, &none);
	text_log_outcome(&text, settings, ROLE_CLIENT, &standing, NULL, NULL);
	supervisor_log("%.*s", (int)(text.next - text.start), text.start);
}
