/*
 * attach: `keepalive attach`, arms the TCP sockets that a running process has, and with --follow
 * those that it opens later.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm.h"
#include "array.h"
#include "command.h"
#include "interval.h"
#include "permission.h"
#include "remote.h"
#include "settings_options.h"

static const char help[] =
	"Usage: keepalive attach [OPTION...] PID\n"
	"Switch keepalive on for the TCP sockets that a running process has open. The process is "
	"not\n"
	"stopped, and nothing else about it changes. Listeners hand the options on to what they "
	"accept\n"
	"from then on. A connected socket is server side where its local port is listened on.\n"
	"\n";
static const char help_own[] =
	"  --dry-run                say what would be done, and do nothing\n"
	"  --follow[=SECONDS]       look for new sockets every so often, until the process ends "
	"(1)\n"
	"  --help, --version\n"
	"\n"
	"What is not given is taken from the variables (KEEPALIVE_IDLE and so on) of this "
	"command.\n"
	"Prints a line for each socket; with --log=stderr there instead, with a path there as "
	"well.\n"
	"respect leaves sockets alone that have keepalive on; force sets the values on those too.\n"
	"\n"
	"Needs Linux 5.6, and the right to copy descriptors: the same user as the process and\n"
	"kernel.yama.ptrace_scope 0, or CAP_SYS_PTRACE.\n"
	"\n"
	"Exit status: 0 done; 1 an option could not be set on some socket; 125 nothing could be "
	"done\n"
	"(options, permission, no such process), or not to the end.";

/* What is known of a socket from one look to the next. */
struct memory {
	uint32_t inode;
	bool settled; /* need not be looked at again */
	bool ours;    /* we switched its keepalive on */
	int8_t outcome;
};

enum { NOT_SEEN_BEFORE = -1 };

struct attachment {
	struct settings settings;
	struct holder holder;
	struct net_namespace space;
	struct memory *memory; /* by inode */
	size_t memory_count;
	bool dry_run;
	bool following; /* past the first looks: what is right already goes without saying */
	bool found;     /* a TCP socket, so far */
	bool failed;    /* an option could not be set */
	FILE *log;      /* NULL: none */
};

static void say(const struct attachment *attachment, const struct text *line)
{
	int length = (int)(line->next - line->start);

	if (attachment->log != stderr)
		printf("%.*s\n", length, line->start);
	if (attachment->log)
		fprintf(attachment->log, "keepalive: attach %d: %.*s\n",
			attachment->holder.process.pid, length, line->start);
}

static void explain_refusal(const struct process *process, int error)
{
	char line[1024];
	struct text text = TEXT(line);

	permission_explain(&text, process, error);
	message("%.*s", (int)(text.next - text.start), text.start);
}

static int by_inode(const void *key, const void *element)
{
	uint32_t wanted = *(const uint32_t *)key, inode = ((const struct memory *)element)->inode;

	return wanted < inode ? -1 : wanted > inode;
}

static struct memory *memory_of(const struct attachment *attachment, uint32_t inode)
{
	return bsearch(&inode, attachment->memory, attachment->memory_count, sizeof(struct memory),
		       by_inode);
}

/*
 * Makes the memory that of exactly these sockets, so that closed ones are forgotten, and moves those
 * that must be looked at to the front. Returns how many.
 */
static size_t select_unsettled(struct attachment *attachment, struct socket_fd *sockets,
			       size_t count)
{
	struct memory *memory = array_zeroed(count + 1, sizeof(*memory));
	size_t remembered = 0, selected = 0;

	for (size_t i = 0, same; i < count; i += same) {
		const struct memory *before = memory_of(attachment, sockets[i].inode);

		same = socket_fds(sockets + i, count - i);
		memory[remembered] = before ? *before
					    : (struct memory){ .inode = sockets[i].inode,
							       .outcome = NOT_SEEN_BEFORE };
		if (!memory[remembered++].settled)
			sockets[selected++] = sockets[i];
	}
	free(attachment->memory);
	attachment->memory = memory;
	attachment->memory_count = remembered;
	return selected;
}

/* Roles need the listeners, but only where something is connected. */
static void find_listeners(struct attachment *attachment, const struct connections *connections)
{
	int known = attachment->space.error;

	for (size_t i = 0; i < connections->count; i++) {
		if (!connection_is_established(&connections->list[i]))
			continue;
		net_namespace_read(&attachment->space, attachment->holder.process.pid,
				   1 << TCP_LISTEN);
		break;
	}
	if (attachment->space.error && !known)
		message("warning: the listeners of the process's network namespace cannot be read "
			"(%s): only what it listens on itself makes a connection server side",
			strerror(attachment->space.error));
}

/* Whether there is something to say that was not said before. */
static bool is_news(const struct attachment *attachment, const struct memory *memory,
		    enum outcome outcome)
{
	if (outcome == OUTCOME_CHANGED)
		return true;
	if (outcome == OUTCOME_GONE)
		return false;
	if (outcome == OUTCOME_ALIKE)
		return memory->outcome == NOT_SEEN_BEFORE && !attachment->following;
	return memory->outcome != (int8_t)outcome;
}

static void arm_one(struct attachment *attachment, const struct connection *connection)
{
	struct memory *memory = memory_of(attachment, connection->fds->inode);
	char buffer[1024];
	struct text line = TEXT(buffer);
	enum outcome outcome =
		arm(&attachment->settings, connection, memory->ours, attachment->dry_run, &line);

	if (is_news(attachment, memory, outcome))
		say(attachment, &line);
	memory->outcome = (int8_t)outcome;
	memory->ours = memory->ours || outcome == OUTCOME_CHANGED || outcome == OUTCOME_FAILED;
	/* Before it connects or listens, its peer and its role are not known yet. */
	memory->settled = connection->state != TCP_CLOSE && connection->state != TCP_SYN_SENT;
	attachment->failed = attachment->failed || outcome == OUTCOME_FAILED;
	attachment->found = true;
}

static void arm_all(struct attachment *attachment, const struct socket_fd *sockets, size_t count)
{
	struct connections connections = { 0 };

	for (size_t i = 0; i < count; i++) /* unless one turns out to be TCP */
		memory_of(attachment, sockets[i].inode)->settled = true;
	connections_read(&connections, &attachment->holder, sockets, count);
	find_listeners(attachment, &connections);
	connections_roles(&connections, 0);
	for (size_t i = 0; i < connections.count; i++)
		arm_one(attachment, &connections.list[i]);
	free(connections.list);
}

/* Arms what is new. Returns an errno: ENOENT where the process has ended. */
static int look(struct attachment *attachment)
{
	struct socket_fd *sockets;
	size_t count;
	int error = process_sockets(attachment->holder.process.pid, &sockets, &count);

	if (!error) {
		count = select_unsettled(attachment, sockets, count);
		if (count)
			arm_all(attachment, sockets, count);
		error = attachment->holder.refused;
	}
	free(sockets);
	fflush(stdout);
	return error;
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
	int error = look(attachment);

	/* What was accepted while we looked, before its listener was armed. */
	if (!error && !attachment->dry_run)
		error = look(attachment);
	if (!error && !attachment->found && !interval)
		message("process %d has no TCP sockets", process->pid);
	attachment->following = true;
	while (interval && !error && !has_ended(attachment, interval))
		error = look(attachment);
	if (error && !has_ended(attachment, 0)) {
		explain_refusal(process, error);
		return EXIT_OURS;
	}
	return attachment->failed;
}

/* Opens what --log asks for; false where it cannot be. */
static bool open_log(struct attachment *attachment)
{
	const char *path = attachment->settings.log_path;
	int fd;

	if (attachment->settings.log == LOG_STDERR)
		attachment->log = stderr;
	if (attachment->settings.log != LOG_PATH)
		return true;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
	if (fd >= 0)
		attachment->log = fdopen(fd, "a");
	if (!attachment->log) {
		message("--log '%s': %s", path, strerror(errno));
		return false;
	}
	setvbuf(attachment->log, NULL, _IOLBF, BUFSIZ);
	return true;
}

/* Finds the process. Returns 0, or complains and returns the exit status. */
static int find(struct attachment *attachment, const char *argument)
{
	struct holder *holder = &attachment->holder;
	pid_t pid = process_number(argument);
	char line[1024];
	struct text why = TEXT(line);

	if (!pid || !process_numbers_hold())
		return EXIT_OURS;
	holder->space = &attachment->space;
	holder->pidfd = remote_open(pid);
	if (!process_read(&holder->process, pid, &why)) {
		message("%.*s", (int)(why.next - why.start), why.start);
		return EXIT_OURS;
	}
	if (holder->pidfd < 0) {
		explain_refusal(&holder->process, errno);
		return EXIT_OURS;
	}
	return 0;
}

static bool read_settings(struct attachment *attachment, const struct settings_options *options)
{
	const struct process *process = &attachment->holder.process;
	struct program program = { *process->executable ? process->executable : NULL,
				   process->comm };

	return settings_options_read(options, &program, &attachment->settings);
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
	if (!read_settings(&attachment, &request->options) || !open_log(&attachment))
		return EXIT_OURS;
	if (!attachment.settings.on) {
		message("KEEPALIVE is off: nothing is done");
		return 0;
	}
	return attach(&attachment, request->interval);
}

/* Takes one option. Returns 0 to go on, or 1 + the exit status. */
static int take_option(struct request *request, int option)
{
	if (settings_options_take(&request->options, option, optarg))
		return 0;
	switch (option) {
	case 'n':
		request->dry_run = true;
		return 0;
	case 'f':
		request->interval = 1000;
		if (!optarg || interval_parse(optarg, &request->interval))
			return 0;
		message("--follow '%s': not an interval; accepted: " INTERVAL_ACCEPTED, optarg);
		return 1 + EXIT_OURS;
	case 'h':
		printf("%s%s%s\n", help, settings_options_help, help_own);
		return 1;
	case 'v':
		puts("keepalive " VERSION);
		return 1;
	default:
		return 1 + EXIT_OURS;
	}
}

int command_attach(int argc, char **argv)
{
	static const struct option options[] = {
		SETTINGS_OPTIONS,
		{ "dry-run", no_argument, NULL, 'n' },
		{ "follow", optional_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct request request = { .dry_run = false };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
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
