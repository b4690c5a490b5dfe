/* status: `keepalive status` shows the TCP connections of processes and their keepalive. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/interval.h"
#include "base/message.h"
#include "base/options.h"
#include "base/terminal.h"
#include "command.h"
#include "sockets/exposed.h"
#include "sockets/selection.h"
#include "sockets/snapshot.h"
#include "sockets/status_json.h"
#include "sockets/status_table.h"

#define KEY(symbol, variable, word, preset, words, accepted, argument, help, level, name, unit, \
	    least, most, heading, key) \
	", " key

#define KEYS_OF_VALUES "keepalive" NUMBER_SETTINGS(KEY)

static const char help[] =
	"Usage: keepalive status [OPTION...] [PID...]\n"
	"Shows the TCP sockets of these processes, or of all, and their keepalive.\n"
	"Changes nothing.\n"
	"\n"
	"  --off              only established connections that would hang if the other\n"
	"                     end disappeared, counted by process and peer\n"
	"  --port=N[-M]       only sockets with such a port, local or remote\n"
	"  --state=NAME,...   only these states: established, listen, close-wait...\n"
	"  --process=GLOB     only processes with such a name\n"
	"  --sort=KEY         " ORDERS_ACCEPTED " (process)\n"
	"  --wide             everything, in lines of any length\n"
	"  --json             an array of objects instead of a table\n"
	"  --watch[=SECONDS]  repeat, until the given processes have ended (2)\n"
	"  --listeners        the values of listeners and unconnected sockets too; if a\n"
	"                     process binds a listener's port again meanwhile, that fails\n"
	"  --help, --version\n"
	"\n"
	"KEEPALIVE   idle/interval/count (seconds, seconds, probes), or off; on: values\n"
	"            not known\n"
	"NEXT-PROBE  time until the next probe; 'unacked', 'zero-window': keepalive waits\n"
	"            until data is acknowledged or the peer's window opens; !2: two\n"
	"            probes without answer\n"
	"PEER        -> the process connected to it; <- it connected to the process\n"
	"PORT        the local one\n"
	"A dash: unknown, or there is none (listeners have no timer, MPTCP has no user\n"
	"timeout and no RTO cap). A plus: cut to fit. What could not be read is listed on\n"
	"standard error.\n"
	"\n"
	"Keys of --json: pid, process, fds, protocol, role, local, peer, state,\n" KEYS_OF_VALUES
	",\n"
	"timer, next_probe_ms, unanswered_probes; null if the table has a dash. With\n"
	"--off: pid, process, role, port (of the service), peer, connections; pid and\n"
	"process are null if this user may not see them.\n"
	"\n"
	"Values need Linux 5.6 and the right to copy descriptors: the same user and\n"
	"kernel.yama.ptrace_scope 0, or CAP_SYS_PTRACE. Timers in another network\n"
	"namespace need CAP_SYS_ADMIN.\n"
	"\n"
	"Exit status: 0; with --off 1 if a connection would hang; 125 if an option or a\n"
	"given process is wrong, or if --off could not see everything.\n";

struct request {
	bool json, wide, off, listeners;
	struct selection selection;
	int interval; /* milliseconds; 0: once */
	pid_t *pids;  /* none: all */
	size_t count;
};

/* Prints a line in the frame, if one is being drawn, otherwise on standard error. */
__attribute__((format(printf, 2, 3))) static void say(FILE *frame, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (frame)
		fprintf(frame, "%s\n", line);
	else
		message("%s", line);
}

static void note(FILE *frame, const char *what, const struct lack *lack)
{
	if (lack->processes == 1)
		say(frame, "no %s for %s", what, lack->reason);
	else if (lack->processes > 1)
		say(frame, "no %s for %u processes, such as %s", what, lack->processes,
		    lack->reason);
}

static void note_unread(FILE *frame, const struct snapshot *snapshot)
{
	unsigned spaces = snapshot->unread.processes;

	if (spaces)
		say(frame,
		    "%u network namespace%s with connections that this user cannot see, %s that of "
		    "%s: run as root",
		    spaces, spaces == 1 ? "" : "s", spaces == 1 ? "namely" : "such as",
		    snapshot->unread.reason);
	if (snapshot->hidden)
		say(frame, "processes of other users are hidden from this user (hidepid, proc(5)), "
			   "and so are connections in other network namespaces: run as root");
}

static void notes(FILE *frame, const struct snapshot *snapshot, bool all)
{
	size_t others = snapshot_others(snapshot);

	note(frame, "values", &snapshot->values);
	note(frame, "timers", &snapshot->timers);
	note_unread(frame, snapshot);
	if (!all || !others || !snapshot->descriptors.processes)
		return;
	say(frame, "%zu more TCP socket%s in processes that this user may not inspect, such as %s",
	    others, others == 1 ? "" : "s", snapshot->descriptors.reason);
}

/* Adds a process that was asked for, or complains. */
static bool add_this(struct snapshot *snapshot, pid_t pid, FILE *frame)
{
	char line[1024];
	struct text why = TEXT(line);
	bool added = snapshot_add(snapshot, pid, &why);

	if (!added)
		say(frame, "%.*s", (int)(why.next - why.start), why.start);
	return added;
}

/* Returns how many of those asked for can be shown. */
static size_t add_these(struct snapshot *snapshot, const struct request *request, FILE *frame)
{
	size_t added = 0;

	for (size_t i = 0; i < request->count; i++)
		added += add_this(snapshot, request->pids[i], frame);
	return added;
}

static void add_all(struct snapshot *snapshot)
{
	struct text nobody = { NULL, NULL, NULL }; /* one that has just ended is not reported */
	pid_t *pids;
	size_t count = process_list(&pids);

	for (size_t i = 0; i < count; i++)
		snapshot_add(snapshot, pids[i], &nobody);
	free(pids);
}

/* Returns how many of the processes asked for were found. */
static size_t look(const struct request *request, struct snapshot *snapshot, FILE *frame)
{
	size_t added = 0;

	*snapshot = (struct snapshot){ .spare = !request->listeners };
	if (request->count)
		added = add_these(snapshot, request, frame);
	else
		add_all(snapshot);
	snapshot_complete(snapshot);
	if (!request->count)
		snapshot_find_unread(snapshot);
	if (request->off && !request->count)
		snapshot_add_others(snapshot);
	selection_apply(&request->selection, &snapshot->connections);
	return added;
}

/* Returns how many of the processes asked for were shown. */
static size_t show(const struct request *request)
{
	struct terminal terminal = terminal_look();
	struct layout layout = { terminal.width, SIZE_MAX, request->wide, terminal.colour };
	struct snapshot snapshot;
	size_t added = look(request, &snapshot, NULL);

	if (request->json)
		status_json(&snapshot.connections);
	else if (added || !request->count)
		status_table(stdout, &snapshot.connections, &layout);
	fflush(stdout);
	notes(NULL, &snapshot, !request->count);
	snapshot_free(&snapshot);
	return added;
}

/* Returns the exit status. */
static int show_off(const struct request *request)
{
	struct snapshot snapshot;
	size_t added = look(request, &snapshot, NULL);
	struct exposed exposed = exposed_print(&snapshot.connections, request->json);
	bool all_seen = added == request->count && !exposed.unknown && !exposed.unseen &&
			!snapshot.timers.processes && !snapshot.unread.processes &&
			!snapshot.hidden;

	fflush(stdout);
	note(NULL, "timers", &snapshot.timers);
	note_unread(NULL, &snapshot);
	if (exposed.local)
		message("%zu more without keepalive on loopback, where neither end can disappear "
			"alone",
			exposed.local);
	if (exposed.unknown)
		message("%zu more for which this user cannot see whether keepalive is on",
			exposed.unknown);
	if (exposed.unseen) {
		message("%zu more of which this user cannot see whether they are connected",
			exposed.unseen);
		note(NULL, "values", &snapshot.values);
	}
	snapshot_free(&snapshot);
	return exposed.connections ? EXIT_FAILURE : all_seen ? EXIT_SUCCESS : EXIT_OURS;
}

static void write_heading(FILE *frame, const struct request *request,
			  const struct connections *connections)
{
	time_t now = time(NULL);
	struct tm *local = localtime(&now);
	size_t off = 0;

	for (size_t i = 0; i < connections->count; i++)
		off += connections->list[i].now.value[OPTION_KEEPALIVE] == 0 &&
		       connection_is_established(&connections->list[i]);
	fprintf(frame,
		"keepalive status  %02d:%02d:%02d  every %g s  %zu sockets, %zu connected "
		"without\n\n",
		local->tm_hour, local->tm_min, local->tm_sec, request->interval / 1000.0,
		connections->count, off);
}

/* Shows a screenful. Returns how many of the processes asked for exist. */
static size_t draw(const struct request *request)
{
	enum { AROUND = 4 }; /* two lines of heading, the columns, and the count of the rest */
	struct terminal terminal = terminal_look();
	struct layout layout = { terminal.width, 1, request->wide, terminal.colour };
	struct snapshot snapshot;
	char *lines = NULL, *below = NULL;
	size_t added, size, taken = AROUND;
	FILE *frame = open_memstream(&lines, &size), *rest = open_memstream(&below, &size);

	if (!frame || !rest)
		abort();
	added = look(request, &snapshot, rest);
	notes(rest, &snapshot, !request->count);
	fclose(rest);
	for (const char *at = below; *at; at++)
		taken += *at == '\n';
	if (terminal.height > taken)
		layout.rows = terminal.height - taken;
	write_heading(frame, request, &snapshot.connections);
	status_table(frame, &snapshot.connections, &layout);
	fputs(below, frame);
	fclose(frame);
	if (added || !request->count)
		terminal_draw(lines, &terminal);
	free(lines);
	free(below);
	snapshot_free(&snapshot);
	return added;
}

/* The exit status, given how many of the processes asked for were there at first. */
static int status_of(const struct request *request, size_t found)
{
	return found < request->count ? EXIT_OURS : EXIT_SUCCESS;
}

/*
 * Until the processes asked for have ended; if none was, until we are stopped. Returns the exit
 * status.
 */
static int watch_screen(const struct request *request)
{
	size_t first, last;

	terminal_take();
	first = last = draw(request);
	while (last || !request->count) {
		terminal_wait(request->interval);
		last = draw(request);
	}
	terminal_give_back();
	show(request); /* reports that they have ended */
	return status_of(request, first);
}

static int watch(const struct request *request)
{
	size_t first = show(request), last = first;

	while (!ferror(stdout) && (last || !request->count)) {
		poll(NULL, 0, request->interval);
		if (!request->json)
			putchar('\n');
		last = show(request);
	}
	return status_of(request, first);
}

static bool is_listed(const struct request *request, pid_t pid)
{
	size_t i = 0;

	while (i < request->count && request->pids[i] != pid)
		i++;
	return i < request->count;
}

static int read_pids(struct request *request, char **arguments)
{
	size_t room = 0;

	for (; *arguments; arguments++) {
		pid_t pid = process_number(*arguments);

		if (!pid)
			return EXIT_OURS;
		if (is_listed(request, pid))
			continue;
		request->pids =
			array_room(request->pids, request->count, &room, sizeof(*request->pids));
		request->pids[request->count++] = pid;
	}
	return process_numbers_hold() ? 0 : EXIT_OURS;
}

static int answer(struct request *request, char **arguments)
{
	int status = read_pids(request, arguments);

	if (status)
		return status;
	if (request->off)
		status = show_off(request);
	else if (request->interval && !request->json && terminal_look().is_one)
		status = watch_screen(request);
	else if (request->interval)
		status = watch(request);
	else
		status = status_of(request, show(request));
	free(request->pids);
	return status;
}

/* Complains, and returns false, if it is not accepted. */
static bool takes(bool holds, const char *option, const char *given, const char *accepted)
{
	if (!holds)
		message("--%s '%s': not known; accepted: %s", option, given, accepted);
	return holds;
}

static bool take_ports(void *context, const char *value)
{
	return takes(selection_take_ports(&((struct request *)context)->selection, value), "port",
		     value, "1 to 65535, or two with '-' between");
}

static bool take_states(void *context, const char *value)
{
	return takes(selection_take_states(&((struct request *)context)->selection, value), "state",
		     value, STATES_ACCEPTED);
}

static bool take_order(void *context, const char *value)
{
	return takes(selection_take_order(&((struct request *)context)->selection, value), "sort",
		     value, ORDERS_ACCEPTED);
}

static bool take_watch(void *context, const char *value)
{
	struct request *request = context;

	request->interval = 2000;
	return interval_take(&request->interval, "watch", value);
}

int command_status(int argc, char **argv)
{
	struct request request = { .json = false };
	const struct option_row rows[] = {
		{ .name = "off", .flag = &request.off },
		{ .name = "port", .take = take_ports },
		{ .name = "state", .take = take_states },
		{ .name = "process", .text = &request.selection.process },
		{ .name = "sort", .take = take_order },
		{ .name = "wide", .flag = &request.wide },
		{ .name = "json", .flag = &request.json },
		{ .name = "watch", .take = take_watch, .optional = true },
		{ .name = "listeners", .flag = &request.listeners },
		{ 0 },
	};
	const struct options options = { .help = help, .context = &request, .rows = rows };
	int status;
	char **arguments = options_read(argc, argv, &options, &status);

	if (!arguments)
		return status;
	if (request.off && request.interval) {
		message("--off and --watch cannot be combined");
		return EXIT_OURS;
	}
	request.selection.unknown = request.off;
	return answer(&request, arguments);
}
