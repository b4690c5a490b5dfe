/*
 * attach: `keepalive attach`, sets keepalive on the TCP sockets that a running process has, and
 * with --follow those that it opens later.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interval.h"
#include "base/message.h"
#include "base/options.h"
#include "base/settings_options.h"
#include "command.h"
#include "output.h"
#include "process/permission.h"
#include "process/pidfd.h"
#include "sockets/attachment.h"
#include "sockets/sockopts.h"

enum { OPTION_DRY_RUN = OPTION_OWN, OPTION_FOLLOW };

static const char help[] =
	"Usage: keepalive attach [OPTION...] PID\n"
	"Switch keepalive on for the TCP sockets that a running process has open. The process\n"
	"is not stopped, and nothing else about it changes. Listeners hand the options on to\n"
	"what they accept from then on; connections that already wait to be accepted take\n"
	"--follow. A connected socket is server side if its local port is listened on.\n"
	"\n";
static const char help_own[] =
	"  --dry-run                say what would be done, and do nothing\n"
	"  --follow[=SECONDS]       look for new sockets so often, until the process ends (1)\n"
	"  --help, --version\n"
	"\n"
	"What is not given is taken from this command's environment (KEEPALIVE_SHIM_IDLE\n"
	"and so on), then from /etc/keepalive-shim.conf.\n"
	"Prints a line for each socket; --log=stderr has it there instead, a path there as well.\n"
	"Mode respect leaves sockets alone that have keepalive on; force sets those too.\n"
	"\n"
	"Needs Linux 5.6 and the right to copy descriptors: to be the process's user, with\n"
	"kernel.yama.ptrace_scope 0, or to have CAP_SYS_PTRACE.\n"
	"\n"
	"Exit status: 0 done; 1 an option could not be set on some socket; 125 not done, or not\n"
	"to the end (options, permission, no such process).";

static void explain_refusal(const struct process *process, int error)
{
	char line[1024];
	struct text text = TEXT(line);

	permission_explain(&text, process, error);
	message("%.*s", (int)(text.next - text.start), text.start);
}

static bool has_ended(const struct attachment *attachment, int timeout)
{
	struct pollfd process = { .fd = attachment->holder.pidfd, .events = POLLIN };

	return poll(&process, 1, timeout) > 0;
}

/* Without an interval once. Returns the exit status. */
static int attach(struct attachment *attachment, int interval)
{
	const struct process *process = &attachment->holder.process;
	int error = attachment_look(attachment);

	/* What was accepted while we looked, before its listener had its options. */
	if (!error && !attachment->dry_run)
		error = attachment_look(attachment);
	if (!error && !attachment->found && !interval)
		message("process %d has no TCP sockets", process->pid);
	attachment->following = true;
	while (interval && !error && !has_ended(attachment, interval))
		error = attachment_look(attachment);
	if (error && !has_ended(attachment, 0)) {
		explain_refusal(process, error);
		return EXIT_OURS;
	}
	return attachment->failed;
}

/* Whether the log can be written, which is reported before anything is done. */
static bool check_log(const struct settings *settings)
{
	int fd;

	if (settings->log != LOG_PATH)
		return true;
	fd = output_open(settings->log_path);
	if (fd < 0) {
		message("cannot write the log '%s': it cannot be opened, or a link leads to it "
			"from a "
			"directory that others can write",
			settings->log_path);
		return false;
	}
	close(fd);
	return true;
}

/* Finds the process. Returns 0, or complains and returns the exit status. */
static int find(struct attachment *attachment, const char *argument)
{
	struct holder *holder = &attachment->holder;
	pid_t pid = process_number(argument);
	char line[1024];
	struct text why = TEXT(line);
	int error;

	if (!pid || !process_numbers_hold())
		return EXIT_OURS;
	holder->space = &attachment->space;
	holder->pidfd = pidfd_of(pid);
	error = errno;
	if (!process_read(&holder->process, pid, &why)) {
		message("%.*s", (int)(why.next - why.start), why.start);
		return EXIT_OURS;
	}
	if (holder->pidfd < 0) {
		explain_refusal(&holder->process, error);
		return EXIT_OURS;
	}
	return 0;
}

/*
 * What a new socket has in the process's network namespace, or in ours if that may not be entered.
 */
static void read_kernel_values(struct attachment *attachment)
{
	int fd = net_namespace_socket(attachment->holder.process.pid, AF_INET, SOCK_STREAM, 0);

	attachment->kernel = *sockopts_of_kernel();
	if (fd < 0)
		return;
	sockopts_read(fd, &attachment->kernel);
	close(fd);
}

static bool read_settings(struct attachment *attachment, const struct settings_options *options)
{
	const struct process *process = &attachment->holder.process;
	struct program program = { *process->executable ? process->executable : NULL,
				   process->comm };

	return settings_options_read(options, &program, &attachment->settings, true);
}

struct request {
	struct settings_options options;
	bool dry_run;
	int interval; /* milliseconds; 0: once */
};

static int attach_to(const struct request *request, const char *pid)
{
	static struct attachment attachment;
	int status = find(&attachment, pid);

	attachment.dry_run = request->dry_run;
	if (status)
		return status;
	if (!read_settings(&attachment, &request->options) || !check_log(&attachment.settings))
		return EXIT_OURS;
	if (!attachment.settings.on) {
		message("KEEPALIVE_SHIM is off: nothing is done");
		return 0;
	}
	read_kernel_values(&attachment);
	return attach(&attachment, request->interval);
}

/* Takes one option. Returns 0 to go on, or 1 + the exit status. */
static int take_option(struct request *request, int option)
{
	if (settings_options_take(&request->options, option, optarg))
		return 0;
	switch (option) {
	case OPTION_DRY_RUN:
		request->dry_run = true;
		return 0;
	case OPTION_FOLLOW:
		request->interval = 1000;
		if (!optarg || interval_parse(optarg, &request->interval))
			return 0;
		message("--follow '%s': not an interval; accepted: " INTERVAL_ACCEPTED, optarg);
		return 1 + EXIT_OURS;
	case OPTION_HELP:
		printf("%s%s%s\n", help, settings_options_help(), help_own);
		return 1;
	case OPTION_VERSION:
		puts("keepalive " VERSION);
		return 1;
	default:
		return 1 + EXIT_OURS;
	}
}

int command_attach(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
		{ "follow", optional_argument, NULL, OPTION_FOLLOW },
		SETTINGS_OPTIONS COMMON_OPTIONS,
	};
	struct request request = { .dry_run = false };
	int option;

	while ((option = options_next(argc, argv, false, options)) != -1) {
		int end = take_option(&request, option);

		if (end)
			return end - 1;
	}
	if (argc - optind != 1) {
		message("attach takes one process id (--help tells more)");
		return EXIT_OURS;
	}
	if (request.dry_run && request.interval) {
		message("--dry-run and --follow do not go together");
		return EXIT_OURS;
	}
	return attach_to(&request, argv[optind]);
}
