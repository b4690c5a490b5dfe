/* status: `keepalive status`, the TCP connections of processes and their keepalive. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/interval.h"
#include "base/message.h"
#include "command.h"
#include "sockets/snapshot.h"
#include "sockets/status_json.h"
#include "sockets/status_table.h"

#define KEY(symbol, variable, word, preset, words, accepted, argument, help, level, name, unit, \
	    least, most, heading, key) \
	", " key

#define KEYS_OF_VALUES "keepalive" NUMBER_SETTINGS(KEY)

static const char help[] =
	"Usage: keepalive status [OPTION...] [PID...]\n"
	"Show the TCP sockets of these processes, or of all, and their keepalive; change nothing.\n"
	"\n"
	"  --json             an array of objects instead of a table\n"
	"  --watch[=SECONDS]  again and again, until the processes given have ended (2)\n"
	"  --help, --version\n"
	"\n"
	"ROLE        client, server (its local port is listened on), listener\n"
	"KEEPALIVE   SO_KEEPALIVE; without it IDLE, INTERVAL and COUNT have no effect\n"
	"NEXT-PROBE  time until the next probe; 'unacked' or 'zero-window' where keepalive waits\n"
	"            until data is acknowledged or the peer's window opens\n"
	"UNANSWERED  probes sent since the peer's last sign of life\n"
	"A dash: not known, or there is none (listeners have no timer, MPTCP has no user timeout\n"
	"and no RTO cap). What was not permitted is said below, on standard error.\n"
	"\n"
	"Keys of --json: pid, process, fds, protocol, role, local, peer, state,\n" KEYS_OF_VALUES
	",\n"
	"timer, next_probe_ms, unanswered_probes; null where the table has a dash.\n"
	"\n"
	"Values take the right to copy descriptors (the same user and kernel.yama.ptrace_scope 0,\n"
	"or CAP_SYS_PTRACE; Linux 5.6), timers in another network namespace CAP_SYS_ADMIN.\n"
	"\n"
	"Exit status: 0; 125 where the options, or a process given, do not hold.";

struct request {
	bool json;
	int interval; /* milliseconds; 0: once */
	pid_t *pids;  /* none: all */
	size_t count;
};

static void note(const char *what, const struct lack *lack)
{
	if (lack->processes == 1)
		message("no %s of %s", what, lack->reason);
	else if (lack->processes > 1)
		message("no %s of %u processes, such as %s", what, lack->processes, lack->reason);
}

static void notes(const struct snapshot *snapshot, bool all)
{
	size_t others = snapshot_others(snapshot);

	note("values", &snapshot->values);
	note("timers", &snapshot->timers);
	if (all && others && snapshot->descriptors.processes)
		message("%zu more TCP socket%s in processes that may not be looked into, such as "
			"%s",
			others, others == 1 ? "" : "s", snapshot->descriptors.reason);
}

/* Adds one that was asked for, or complains. */
static bool add_this(struct snapshot *snapshot, pid_t pid)
{
	char line[1024];
	struct text why = TEXT(line);
	bool added = snapshot_add(snapshot, pid, &why);

	if (!added)
		message("%.*s", (int)(why.next - why.start), why.start);
	return added;
}

/* Returns how many of those asked for can be shown. */
static size_t add_these(struct snapshot *snapshot, const struct request *request)
{
	size_t added = 0;

	for (size_t i = 0; i < request->count; i++)
		added += add_this(snapshot, request->pids[i]);
	return added;
}

static void add_all(struct snapshot *snapshot)
{
	struct text nobody = { NULL, NULL, NULL }; /* one that has just ended is no news */
	pid_t *pids;
	size_t count = process_list(&pids);

	for (size_t i = 0; i < count; i++)
		snapshot_add(snapshot, pids[i], &nobody);
	free(pids);
}

/* Returns how many of the processes asked for were shown. */
static size_t show(const struct request *request)
{
	struct snapshot snapshot = { 0 };
	size_t added = 0;

	if (request->count)
		added = add_these(&snapshot, request);
	else
		add_all(&snapshot);
	if (request->interval && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	if (request->json)
		status_json(&snapshot.connections);
	else if (added || !request->count)
		status_table(&snapshot.connections);
	fflush(stdout);
	notes(&snapshot, !request->count);
	snapshot_free(&snapshot);
	return added;
}

/* Until the processes asked for have ended; without any, until we are stopped. */
static void watch(const struct request *request)
{
	while (!ferror(stdout)) {
		poll(NULL, 0, request->interval);
		if (!request->json && !isatty(STDOUT_FILENO))
			putchar('\n');
		if (show(request) == 0 && request->count)
			return;
	}
}

static int read_pids(struct request *request, char **arguments)
{
	size_t room = 0;

	for (; *arguments; arguments++) {
		pid_t pid = process_number(*arguments);

		if (!pid)
			return EXIT_OURS;
		request->pids =
			array_room(request->pids, request->count, &room, sizeof(*request->pids));
		request->pids[request->count++] = pid;
	}
	return process_numbers_hold() ? 0 : EXIT_OURS;
}

static int look(struct request *request, char **arguments)
{
	int status = read_pids(request, arguments);
	size_t shown;

	if (status)
		return status;
	shown = show(request);
	if (request->interval && (shown || !request->count))
		watch(request);
	else if (shown < request->count)
		status = EXIT_OURS;
	free(request->pids);
	return status;
}

int command_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "watch", optional_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	struct request request = { .json = false };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			request.json = true;
			break;
		case 'w':
			request.interval = 2000;
			if (optarg && !interval_parse(optarg, &request.interval)) {
				message("--watch '%s': not an interval; "
					"accepted: " INTERVAL_ACCEPTED,
					optarg);
				return EXIT_OURS;
			}
			break;
		case 'h':
			puts(help);
			return 0;
		case 'v':
			puts("keepalive " VERSION);
			return 0;
		default:
			return EXIT_OURS;
		}
	}
	return look(&request, argv + optind);
}
