/*
 * attach: `keepalive attach` sets keepalive on the TCP sockets of running processes, and with
 * --follow on those that they open later.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/interval.h"
#include "base/lookalikes.h"
#include "base/message.h"
#include "base/options.h"
#include "base/settings_options.h"
#include "cgroup/group.h"
#include "command.h"
#include "output.h"
#include "process/permission.h"
#include "process/pidfd.h"
#include "service/systemd.h"
#include "sockets/attachment.h"
#include "sockets/sockopts.h"

static const char help[] =
	"Usage: keepalive attach [OPTION...] PID...\n"
	"Switches keepalive on for the TCP sockets that running processes have open. A\n"
	"process is not stopped, and nothing else about it changes. Listeners pass the\n"
	"options on to what they accept from then on; connections that wait to be\n"
	"accepted need --follow. A connected socket is server side if its local port is\n"
	"listened on.\n"
	"\n";
static const char help_below[] =
	"  --unit=NAME              the processes of a systemd service\n"
	"  --dry-run                print what would be done, and do nothing\n"
	"  --follow[=SECONDS]       look for new sockets, until all have ended (1)\n"
	"  --help, --version\n"
	"\n"
	"Settings that are not given come from this command's environment\n"
	"(KEEPALIVE_SHIM_IDLE and so on), then from /etc/keepalive-shim.conf.\n"
	"Prints a line for each socket; with --log=stderr on standard error instead, with\n"
	"a path in that file as well.\n"
	"Mode respect leaves sockets that have keepalive on alone; force sets those too.\n"
	"\n"
	"Needs Linux 5.6 and the right to copy descriptors: to be the process's user,\n"
	"with kernel.yama.ptrace_scope 0, or to have CAP_SYS_PTRACE.\n"
	"\n"
	"Exit status: 0 done; 1 an option could not be set on some socket; 125 not done,\n"
	"or not completely (options, permission, no such process).\n";

static void explain_refusal(const struct process *process, int error)
{
	char line[1024];
	struct text text = TEXT(line);

	permission_explain(&text, process, error);
	message("%.*s", (int)(text.next - text.start), text.start);
}

/* The network namespace of some of the processes, read once for all of them. */
struct watched {
	struct net_namespace space[2];   /* now, and at the look before */
	unsigned now;                    /* which is which */
	char counters[NET_COUNTERS_MAX]; /* net_namespace_counters() before that; may be empty */
	bool news;                       /* sockets that are new, or had no peer before */
	unsigned looks;                  /* the last look, by the request's number */
	struct watched *next;
};

/* A process to attach to, or a thread with descriptors of its own, and the result. */
struct attached {
	struct attachment attachment;
	bool thread;
	struct watched *watched;
	struct attached *next;
};

struct request {
	struct settings_options options;
	const char *unit; /* also the processes of this one; NULL: none */
	bool dry_run;
	bool several;         /* several processes: each line names its process */
	bool threads_refused; /* threads with descriptors of their own cannot be reached here */
	int interval;         /* milliseconds; 0: once */
	struct attached *list;
	struct watched *watched;
	pid_t *refused; /* processes that may not be inspected, which has been reported */
	size_t refused_count, refused_room;
	unsigned looks;
	bool given_up; /* nothing can be done at all, which has been reported */
	int status;
};

enum { ALL_STATES = 0xfff & ~(1 << TCP_TIME_WAIT) };

/*
 * Whether there is nothing new according to the counters; no connection may wait to be accepted,
 * either.
 */
static bool is_idle(struct watched *watched, pid_t pid)
{
	const struct net_namespace *space = &watched->space[watched->now];
	char counters[NET_COUNTERS_MAX];
	bool idle = net_namespace_counters(pid, counters) && !space->error &&
		    !space->table.unheld && strcmp(counters, watched->counters) == 0;

	memcpy(watched->counters, counters, sizeof(counters));
	return idle;
}

/* Reads the namespace again. Without its table, everything may be new. */
static void watch(struct watched *watched, pid_t pid)
{
	const struct net_namespace *before = &watched->space[watched->now];
	struct net_namespace *space = &watched->space[!watched->now];

	watched->news = false;
	if (is_idle(watched, pid))
		return;
	net_namespace_read(space, pid, ALL_STATES);
	watched->news = space->error != 0;
	for (size_t i = 0; i < space->table.count && !watched->news; i++) {
		const struct diag_socket *is = &space->table.sockets[i];
		const struct diag_socket *was = socket_table_find(&before->table, is->inode);

		watched->news = !was || (was->state != is->state &&
					 (was->state == TCP_SYN_SENT || is->state == TCP_LISTEN));
	}
	watched->now = !watched->now;
}

static struct watched *watched_of(struct request *request, pid_t pid)
{
	ino_t inode = net_namespace_of(pid);
	struct watched *watched = request->watched;

	while (watched && watched->space[watched->now].inode != inode)
		watched = watched->next;
	if (!watched) {
		watched = array_zeroed(1, sizeof(*watched));
		watched->space[0].inode = watched->space[1].inode = inode;
		watched->next = request->watched;
		request->watched = watched;
	}
	return watched;
}

static bool has_ended(const struct attachment *attachment)
{
	struct pollfd process = { .fd = attachment->holder.pidfd, .events = POLLIN };

	return poll(&process, 1, 0) > 0;
}

/* Reports a process that can no longer be inspected. */
static void note_error(struct request *request, const struct attachment *attachment, int error)
{
	if (error && !has_ended(attachment)) {
		explain_refusal(&attachment->holder.process, error);
		request->status = EXIT_OURS;
	}
}

/* Returns false if it need not be inspected again. */
static bool first_looks(struct request *request, struct attached *attached)
{
	struct attachment *attachment = &attached->attachment;
	int error = attachment_look(attachment);

	/* Connections that were accepted meanwhile, before their listener had its options. */
	if (!error && !attachment->dry_run)
		error = attachment_look(attachment);
	if (!error && !attachment->found && !request->interval && !request->unit)
		message("process %d has no TCP sockets", attachment->holder.process.pid);
	attachment->following = true;
	if (attachment->failed && !request->status)
		request->status = EXIT_FAILURE;
	note_error(request, attachment, error);
	return !error;
}

/* Whether the log can be written; reported before anything is done. */
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

enum { THREAD_ENDED = -1 };

/*
 * Finds the process, or the thread of it that has descriptors of its own (0: none). Returns 0, or
 * THREAD_ENDED, or complains and returns the exit status.
 */
static int find(struct attachment *attachment, pid_t pid, pid_t thread)
{
	struct holder *holder = &attachment->holder;
	char line[1024];
	struct text why = TEXT(line);
	int error;

	holder->space = &attachment->space;
	holder->pidfd = thread ? pidfd_of_thread(thread) : pidfd_of(pid);
	error = errno;
	if (holder->pidfd < 0 && thread && error == ESRCH)
		return THREAD_ENDED;
	if (!process_read(&holder->process, pid, &why)) {
		message("%.*s", (int)(why.next - why.start), why.start);
		return EXIT_OURS;
	}
	if (holder->pidfd < 0 && thread && error == EINVAL) {
		message("thread %d of process %d has descriptors of its own; reaching them "
			"requires Linux 6.9",
			thread, pid);
		return EXIT_OURS;
	}
	if (holder->pidfd < 0) {
		explain_refusal(&holder->process, error);
		return EXIT_OURS;
	}
	if (thread)
		holder->process.pid = thread; /* /proc shows its descriptors under this */
	return 0;
}

/*
 * The values of a new socket in the process's network namespace, or in ours if that may not be
 * entered.
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

	struct sources sources;

	settings_options_sources(options, &sources);
	if (!sources_read(&sources, &program, &attachment->settings, true) ||
	    !check_log(&attachment->settings))
		return false;
	if (!attachment->settings.on)
		sources_say_off(&sources);
	return true;
}

static bool is_attached(const struct request *request, pid_t pid)
{
	const struct attached *attached = request->list;

	while (attached && attached->attachment.holder.process.pid != pid)
		attached = attached->next;
	return attached;
}

static void forget(struct attached *attached)
{
	if (attached->attachment.holder.pidfd >= 0)
		close(attached->attachment.holder.pidfd);
	attachment_free(&attached->attachment);
	free(attached);
}

static void remember_refused(struct request *request, pid_t pid)
{
	request->refused = array_room(request->refused, request->refused_count,
				      &request->refused_room, sizeof(*request->refused));
	request->refused[request->refused_count++] = pid;
}

static bool is_refused(const struct request *request, pid_t pid)
{
	for (size_t i = 0; i < request->refused_count; i++) {
		if (request->refused[i] == pid)
			return true;
	}
	return false;
}

/* thread: as for find(). Returns false if nothing can be done at all. */
static bool attach_to_one(struct request *request, pid_t pid, pid_t thread)
{
	struct attached *attached = array_zeroed(1, sizeof(*attached));
	struct attachment *attachment = &attached->attachment;
	int status = find(attachment, pid, thread);

	attachment->dry_run = request->dry_run;
	attachment->named = request->several || thread;
	attached->thread = thread;
	if (status) {
		if (status != THREAD_ENDED)
			request->status = status;
		if (status != THREAD_ENDED && thread)
			request->threads_refused = true;
		if (!thread)
			remember_refused(request, pid);
		forget(attached);
		return true;
	}
	if (!read_settings(attachment, &request->options)) {
		request->status = EXIT_OURS;
		forget(attached);
		return false;
	}
	if (!attachment->settings.on) {
		request->status = EXIT_OURS;
		forget(attached);
		return false;
	}
	read_kernel_values(attachment);
	if (!first_looks(request, attached)) {
		if (!thread)
			remember_refused(request, pid);
		forget(attached);
		return true;
	}
	attached->watched = watched_of(request, pid);
	attached->next = request->list;
	request->list = attached;
	return true;
}

/* Adds its threads that have descriptors of their own and are not attached to yet. */
static bool attach_to_threads(struct request *request, pid_t pid)
{
	pid_t *threads;
	size_t count = process_threads_apart(pid, &threads);
	bool can = !request->threads_refused;

	for (size_t i = 0; i < count && can; i++)
		can = is_attached(request, threads[i]) || attach_to_one(request, pid, threads[i]);
	free(threads);
	return can;
}

/* Returns false if nothing can be done at all. */
static bool attach_to(struct request *request, pid_t pid)
{
	return attach_to_one(request, pid, 0) && attach_to_threads(request, pid);
}

static void attach_to_group(void *context, const struct group *group)
{
	struct request *request = context;
	pid_t *pids;
	size_t count = group_processes(group, &pids, NULL);

	for (size_t i = 0; i < count; i++) {
		if (!request->given_up && !is_attached(request, pids[i]) &&
		    !is_refused(request, pids[i]))
			request->given_up = !attach_to(request, pids[i]);
	}
	free(pids);
}

/*
 * Adds the processes that the unit has now. Returns false, after a message, if it has no control
 * group.
 */
static bool attach_to_unit(struct request *request)
{
	char path[PATH_MAX], line[512];
	struct text why = TEXT(line);
	struct group group;

	if (!systemd_property(request->unit, "ControlGroup", path, sizeof(path))) {
		message("unit '%s' is not running, or systemd does not answer", request->unit);
		return false;
	}
	if (!group_open(&group, path, &why)) {
		message("%.*s", (int)(why.next - why.start), why.start);
		return false;
	}
	group_walk(&group, attach_to_group, request);
	group_close(&group);
	return true;
}

/*
 * Descriptors are read again if their namespace has something new, and now and then for sockets
 * that were received from other processes.
 */
static void look_again(struct request *request)
{
	enum { NOW_AND_THEN = 20 };
	bool all = request->looks++ % NOW_AND_THEN == 0;

	for (struct attached *attached = request->list; attached; attached = attached->next) {
		if (attached->watched->looks != request->looks)
			watch(attached->watched, attached->attachment.holder.process.pid);
		attached->watched->looks = request->looks;
	}
	for (struct attached **at = &request->list; *at;) {
		struct attached *attached = *at;
		struct attachment *attachment = &attached->attachment;
		bool due = all || attached->watched->news || attachment_is_pending(attachment);
		int error = due ? attachment_look(attachment) : 0;

		if (attachment->failed && !request->status)
			request->status = EXIT_FAILURE;
		if (error || has_ended(attachment)) {
			note_error(request, attachment, error);
			*at = attached->next;
			forget(attached);
		} else {
			at = &attached->next;
		}
	}
	for (struct attached *attached = request->list; all && attached;
	     attached = attached->next) {
		if (!attached->thread)
			attach_to_threads(request, attached->attachment.holder.process.pid);
	}
}

/* Until all have ended; for a unit, until it has no processes any more. */
static void follow(struct request *request)
{
	while (request->list) {
		size_t count = 0, i = 0;
		struct pollfd *ends;

		for (struct attached *attached = request->list; attached; attached = attached->next)
			count++;
		ends = array_zeroed(count, sizeof(*ends));
		for (struct attached *attached = request->list; attached; attached = attached->next)
			ends[i++] = (struct pollfd){ attached->attachment.holder.pidfd, POLLIN, 0 };
		poll(ends, count, request->interval);
		free(ends);
		look_again(request);
		if (request->unit)
			attach_to_unit(request);
	}
}

static int attach_all(struct request *request, char **arguments)
{
	if (!process_numbers_hold())
		return EXIT_OURS;
	for (char **argument = arguments; *argument; argument++) {
		if (!process_number(*argument))
			return EXIT_OURS;
	}
	for (; *arguments; arguments++) {
		pid_t pid = process_number(*arguments);

		if (!is_attached(request, pid) && !attach_to(request, pid))
			return request->status;
	}
	if (request->unit && !attach_to_unit(request))
		return EXIT_OURS;
	if (request->interval)
		follow(request);
	return request->status;
}

static bool take_follow(void *context, const char *value)
{
	struct request *request = context;

	request->interval = 1000;
	return interval_take(&request->interval, "follow", value);
}

int command_attach(int argc, char **argv)
{
	struct request request = { .dry_run = false };
	const struct option_row rows[] = {
		{ .name = "unit", .text = &request.unit },
		{ .name = "dry-run", .flag = &request.dry_run },
		{ .name = "follow", .take = take_follow, .optional = true },
		{ 0 },
	};
	const struct options options = {
		.help = help,
		.help_below = help_below,
		.settings = &request.options,
		.context = &request,
		.rows = rows,
	};
	int status;
	char **arguments = options_read(argc, argv, &options, &status);

	if (!arguments)
		return status;
	if (!arguments[0] && !request.unit) {
		message("attach: expected process ids or --unit=NAME (see --help)");
		return EXIT_OURS;
	}
	if (request.dry_run && request.interval) {
		message("--dry-run and --follow cannot be combined");
		return EXIT_OURS;
	}
	lookalikes_warn(environ, false);
	request.several = request.unit || (arguments[0] && arguments[1]);
	return attach_all(&request, arguments);
}
