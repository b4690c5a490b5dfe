/* report: writes the messages at load and the lines of the log. */
#include "report.h"

#include <fcntl.h>

#include "endpoint.h"
#include "environment.h"
#include "file.h"
#include "kernel_values.h"
#include "libc.h"
#include "log_line.h"
#include "memory.h"
#include "options.h"
#include "output.h"
#include "sandbox.h"

enum { LINE_SIZE = 1024, PROGRAM_SIZE = 64 };

/*
 * Remembered at load, because the program may overwrite its environment and close its standard
 * error.
 */
static char log_path[LOG_PATH_MAX];
static char program[PROGRAM_SIZE];
static struct file standard_error;

/*
 * Under inetd, standard error is the connection, and the peer would read what we write. It need not
 * be TCP (systemd's Accept=yes): a socket that is standard input too is not the journal's.
 */
static bool is_peer(struct file file)
{
	int value;

	if (file_kind(file) != FILE_SOCKET)
		return false;
	return file_is_same(file, file_of(STDIN_FILENO)) ||
	       (environment_may_be_tcp(STDERR_FILENO) &&
		option_get(STDERR_FILENO, OPTION_IDLE, &value) == 0);
}

/*
 * A file that a library opened before us, in a process that was started without descriptor 2; or
 * standard input's pipe (2<&0), which would be opened for writing. A real standard error was passed
 * on by execve(2), can be written to and, if it is a file, not read.
 */
static bool is_data(struct file file)
{
	long mode = libc->syscall(SYS_fcntl, STDERR_FILENO, F_GETFL) & O_ACCMODE;

	return mode == O_RDONLY || (file_kind(file) == FILE_REGULAR && mode != O_WRONLY) ||
	       libc->syscall(SYS_fcntl, STDERR_FILENO, F_GETFD) != 0 ||
	       sockets_get(STDERR_FILENO).state != STATE_UNKNOWN;
}

/* Standard error; all zero if descriptor 2 is something else. */
static struct file find_standard_error(void)
{
	struct file file = file_of(STDERR_FILENO);

	if (is_peer(file) || is_data(file))
		return (struct file){ 0 };
	return file;
}

void report_start(const struct settings *settings)
{
	if (settings->log == LOG_OFF)
		return;
	environment_executable(program, sizeof(program));
	if (settings->log == LOG_STDERR) {
		standard_error = find_standard_error();
	} else {
		for (size_t i = 0; i == 0 || settings->log_path[i - 1]; i++)
			log_path[i] = settings->log_path[i];
	}
}

void report_complaint(void *context, const struct complaint *complaint)
{
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	if (complaint->host_file || environment_said(context) || !find_standard_error().inode)
		return;
	text_string(&text, "keepalive-shim: ");
	if (complaint->warning)
		text_string(&text, "warning: ");
	text_complaint(&text, complaint, NULL, true);
	text.next -= text.next == text.end;
	text_char(&text, '\n');
	output_line(STDERR_FILENO, line, (size_t)(text.next - line));
}

static bool is_wanted(void)
{
	const struct configuration *all = configuration();

	return all && all->logs;
}

/*
 * Lines are built in separate functions, so that a socket made in a signal handler, on a small
 * stack, needs no stack for lines if the log is off.
 */
#define LINE static __attribute__((noinline)) void

/* "keepalive-shim[PID] PROGRAM: " */
static void begin(struct text *text)
{
	text_log_start(text, (unsigned long)libc->syscall(SYS_getpid), program);
}

/* The same, and "fd N: ". */
static void begin_fd(struct text *text, int fd)
{
	begin(text);
	text_string(text, "fd ");
	text_number(text, (unsigned long)fd);
	text_string(text, ": ");
}

static void end(struct text *text)
{
	size_t length;

	text->next -= text->next == text->end;
	text_char(text, '\n');
	length = (size_t)(text->next - text->start);
	if (configuration()->settings->log == LOG_PATH)
		output_append(log_path, text->start, length);
	else if (file_is_same(file_of(STDERR_FILENO), standard_error))
		output_line(STDERR_FILENO, text->start, length);
}

LINE write_socket(int fd, enum report_as as, const struct known *known)
{
	static const char names[][12] = {
		[AS_CLIENT] = "client",
		[AS_SERVER] = "server",
		[AS_LISTENER] = "listener",
	};
	struct endpoint local = endpoint_asked(libc->getsockname, fd);
	struct endpoint peer = endpoint_of_peer(fd);
	struct standing standing = { known->profile, known->owned, known->held };
	struct values now;
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	options_get(fd, OPTIONS_ALL, &now);
	begin(&text);
	text_log_socket(&text, fd, names[as], &local, &peer);
	text_log_outcome(&text, configuration()->settings,
			 as == AS_CLIENT ? ROLE_CLIENT : ROLE_SERVER, &standing, &now,
			 &kernel_values);
	end(&text);
}

void report_socket(int fd, enum report_as as, const struct known *known)
{
	if (is_wanted())
		write_socket(fd, as, known);
}

LINE write_not_tcp(int fd, int domain, int type, int protocol)
{
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	begin_fd(&text, fd);
	text_string(&text, "left alone: not TCP (domain ");
	text_number(&text, (unsigned long)domain);
	text_string(&text, ", type ");
	text_number(&text, (unsigned long)type & 0xf);
	text_string(&text, ", protocol ");
	text_number(&text, (unsigned long)protocol);
	text_char(&text, ')');
	end(&text);
}

void report_not_tcp(int fd, int domain, int type, int protocol)
{
	if (is_wanted())
		write_not_tcp(fd, domain, type, protocol);
}

LINE write_refused(int fd, enum sockopt option, int error)
{
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	begin_fd(&text, fd);
	text_string(&text, sockopt_name(option));
	if (sandbox_forbids(option)) {
		text_string(&text, " not set: the program's own seccomp filter may kill for that");
	} else {
		text_string(&text, " refused by the kernel, errno ");
		text_number(&text, (unsigned long)error);
	}
	end(&text);
}

void report_refused(int fd, enum sockopt option, int error)
{
	if (is_wanted())
		write_refused(fd, option, error);
}

LINE write_host_file(const struct complaint *complaint)
{
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	begin(&text);
	if (complaint->warning)
		text_string(&text, "warning: ");
	text_complaint(&text, complaint, NULL, true);
	end(&text);
}

void report_host_file(void *context, const struct complaint *complaint)
{
	(void)context;
	if (complaint->host_file)
		write_host_file(complaint);
}

LINE write_timeout(int fd, int milliseconds)
{
	char line[LINE_SIZE];
	struct text text = TEXT(line);

	begin_fd(&text, fd);
	text_string(&text, "left alone: the program's own user-timeout of ");
	text_value(&text, OPTION_USER_TIMEOUT, milliseconds);
	text_string(&text, " is below idle + 2 x interval");
	end(&text);
}

void report_timeout(int fd, int milliseconds)
{
	if (is_wanted())
		write_timeout(fd, milliseconds);
}
