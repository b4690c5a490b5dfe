/*
 * cgroup: `keepalive cgroup` applies the settings to all TCP sockets of a control group, by
 * programs in the kernel.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/json.h"
#include "base/lookalikes.h"
#include "base/message.h"
#include "base/options.h"
#include "base/printable.h"
#include "base/settings_options.h"
#include "cgroup/attached.h"
#include "cgroup/bpf.h"
#include "cgroup/group_settings.h"
#include "cgroup/open_sockets.h"
#include "cgroup/settings_text.h"
#include "cgroup/untouched.h"
#include "command.h"

static const char help[] =
	"Usage: keepalive cgroup attach [SETTING...] CGROUP|PID|--host\n"
	"       keepalive cgroup list [--json]\n"
	"       keepalive cgroup detach CGROUP|PID|--host|--all\n"
	"       keepalive cgroup pin [SETTING...] DIRECTORY\n"
	"Keepalive for every TCP socket of a control group and the groups below it, by\n"
	"programs in the kernel: for static, Go and setuid programs, io_uring, and\n"
	"running processes.\n"
	"\n"
	"  attach  from now on, until detach or the end of the group; open sockets too\n"
	"  list    which groups have it, with which settings\n"
	"  detach  removes it; sockets keep what they have\n"
	"  pin     only pins the programs, below /sys/fs/bpf, and prints the lines with\n"
	"          which a systemd unit uses them\n"
	"\n"
	"CGROUP is a directory of cgroup2, or its path below the mount, such as\n"
	"system.slice/ssh.service. PID means the group of that process, self that of this\n"
	"command (for ExecStartPre= of a unit), --host the root of the hierarchy, so all\n"
	"groups.\n"
	"\n";
static const char help_below[] =
	"  --host                   the group that all others are below\n"
	"  --all                    detach: from every group\n"
	"  --json                   list: an array of objects instead of lines\n"
	"  --help, --version\n"
	"\n"
	"Settings that are not given come from this command's environment, then from\n"
	"/etc/keepalive-shim.conf. Rules with program= and logs do not work here. In\n"
	"nested groups the inner one's settings apply; mode force of an outer one\n"
	"overrides respect.\n"
	"\n"
	"Needs Linux 6.1, cgroup2, CAP_BPF and CAP_NET_ADMIN; list needs CAP_SYS_ADMIN,\n"
	"open sockets need CAP_PERFMON or CAP_SYS_PTRACE.\n"
	"\n"
	"Exit status: 0 done; 1 detach: nothing was attached; 125 not done.\n";

struct request {
	struct settings_options options;
	bool json, host, all;
	char **arguments;
	int count;
};

static void say(const struct text *why)
{
	message("%.*s", (int)(why->next - why->start), why->start);
}

/* group_settings_read() from options, variables and the host's file. */
static bool read_settings(const struct request *request, struct settings *settings)
{
	struct sources sources;

	settings_options_sources(&request->options, &sources);
	return group_settings_read(&sources, settings, !sources_said(&sources));
}

/* Opens the group that is named; complains if there is none. */
static bool find(const struct request *request, struct group *group)
{
	char line[1024];
	struct text why = TEXT(line);

	if (request->count + request->host != 1) {
		message("cgroup: expected one CGROUP, PID or --host (see --help)");
		return false;
	}
	if (!group_open(group, request->host ? "/" : request->arguments[0], &why)) {
		if (why.next > why.start)
			say(&why);
		return false;
	}
	if (request->host && !group_is_root(group)) {
		message("--host: the root of the hierarchy is not visible here (in a cgroup "
			"namespace, or if only a part of it is mounted); use self or a PID for "
			"the group of this container");
		group_close(group);
		return false;
	}
	if (group_is_root(group) && !request->host) {
		message("%s is in the root of the hierarchy, the group of the whole host; if you "
			"mean that, use --host",
			request->arguments[0]);
		group_close(group);
		return false;
	}
	return true;
}

static void arm_open(const struct group *group, const struct emission *emission,
		     const struct settings *earlier)
{
	char line[1024];
	struct text why = TEXT(line);
	struct unarmed unarmed = open_sockets_arm(group, emission, earlier, &why);

	if (unarmed.refused)
		message("warning: the open sockets of %u process%s were not changed, such as "
			"%.*s",
			unarmed.refused, unarmed.refused == 1 ? "" : "es",
			(int)(why.next - why.start), why.start);
	if (unarmed.hidden)
		message("warning: %u of the group's processes %s in a PID namespace that is not "
			"visible here: of their open sockets, only those in this network "
			"namespace were changed",
			unarmed.hidden, unarmed.hidden == 1 ? "is" : "are");
}

/* The settings that an earlier attach gave the group: those of a whole one, if one was killed since. */
static void take_earlier(void *context, const struct attached *attached)
{
	struct settings *earlier = context;

	if (attached->by_us && (!earlier->on || !attached->missing))
		settings_copy(earlier, &attached->settings);
}

/* Loads the programs and attaches them. Returns false, with *why; otherwise they are for closing. */
static bool put(const struct group *group, const struct emission *emission, struct loaded *loaded,
		struct text *why)
{
	int lock = attached_lock_maps(why);
	bool done;

	if (lock < 0)
		return false;
	done = load_programs(loaded, emission->settings, emission->untouched, emission->owner, why);
	if (done && !attached_put(group, loaded, why)) {
		loaded_close(loaded);
		done = false;
	}
	attached_unlock_maps(lock);
	return done;
}

/* Attaches the programs, and sets the options of open sockets. Returns false, with *why. */
static bool put_and_arm(const struct group *group, struct emission *emission, struct text *why)
{
	static struct settings earlier;
	struct loaded loaded;
	int lock = attached_lock(group, why);
	bool done;

	if (lock < 0)
		return false;
	attached_find_pinned(group, take_earlier, &earlier);
	done = put(group, emission, &loaded, why);
	if (done) {
		emission->socket_map = loaded.socket_map;
		emission->owned_map = loaded.owned_map;
		arm_open(group, emission, earlier.on ? &earlier : NULL);
		loaded_close(&loaded);
	}
	attached_unlock(group, lock);
	return done;
}

static bool is_self(const struct request *request)
{
	return request->count == 1 && !request->host && strcmp(request->arguments[0], "self") == 0;
}

/*
 * For `attach self` with settings that are off: what an earlier one attached is removed. It is no
 * failure that nothing was, because the service whose ExecStartPre= this is shall start.
 */
static int detach_self(void)
{
	struct group group;
	char line[1024];
	struct text why = TEXT(line);
	bool refused;

	if (!group_open(&group, "self", &why))
		return 0;
	refused = !group_is_root(&group) && attached_remove(&group, &why) == REMOVAL_REFUSED;
	if (refused)
		say(&why);
	group_close(&group);
	return refused ? EXIT_OURS : 0;
}

static int attach(const struct request *request)
{
	static struct settings settings;
	struct untouched untouched;
	struct emission emission = { &settings, &untouched, -1, -1, 0 };
	struct group group;
	char line[1024];
	struct text why = TEXT(line);
	bool done;

	if (!read_settings(request, &settings))
		return !settings.on && is_self(request) ? detach_self() : EXIT_OURS;
	if (!find(request, &group))
		return EXIT_OURS;
	untouched_read(&untouched, &group);
	emission.owner = (uint32_t)group.id;
	done = load_is_possible(&why) && put_and_arm(&group, &emission, &why);
	if (!done)
		say(&why);
	untouched_free(&untouched);
	group_close(&group);
	return done ? 0 : EXIT_OURS;
}

static int detach(const struct request *request)
{
	struct group group;
	char line[1024];
	struct text why = TEXT(line);
	enum removal removal;

	if (request->all && (request->host || request->count)) {
		message("cgroup detach: --all means every group, so no other is accepted beside "
			"it");
		return EXIT_OURS;
	}
	if (request->all) {
		removal = attached_remove_all(&why);
	} else {
		if (!find(request, &group))
			return EXIT_OURS;
		removal = attached_remove(&group, &why);
		group_close(&group);
	}
	if (why.next > why.start)
		say(&why);
	return removal == REMOVAL_DONE ? 0 : removal == REMOVAL_NOTHING ? 1 : EXIT_OURS;
}

struct pin {
	char path[2 * PATH_MAX];
	bool there, ours; /* something is pinned there already, by us */
};

static void pin_find(struct pin *pin, const char *folder, enum program_kind kind)
{
	int there;

	snprintf(pin->path, sizeof(pin->path), "%s/%s", folder, program_name(kind));
	there = bpf_pinned(pin->path);
	pin->ours = there >= 0 && bpf_is_our_program(there);
	pin->there = there >= 0 || access(pin->path, F_OK) == 0;
	if (there >= 0)
		close(there);
}

static bool cannot_pin(const struct pin *pin, struct text *why)
{
	text_plain(why, slice_of(pin->path));
	text_string(why, pin->there ? ": cannot be pinned there: it exists, and is not ours"
				    : ": cannot be pinned there; accepted: an existing "
				      "directory below a mount of bpf, such as /sys/fs/bpf");
	return false;
}

/* Pins the program, in place of an earlier one of ours, and prints the line for systemd. */
static bool pin_one(const struct pin *pin, int program, enum program_kind kind, struct text *why)
{
	if (pin->ours)
		unlink(pin->path);
	if (bpf_pin(program, pin->path) != 0)
		return cannot_pin(pin, why);
	printf("BPFProgram=%s:", program_name(kind));
	for (const char *at = pin->path; *at; at++)
		printf(*at == '%' ? "%%%%" : "%c", *at); /* systemd.unit(5), SPECIFIERS */
	putchar('\n');
	return true;
}

/*
 * Pins those that were loaded, or none if one cannot be. Earlier ones that are not needed now are
 * removed: the others would not agree with them.
 */
static bool pin_loaded(const char *folder, const struct loaded *loaded, struct text *why)
{
	static struct pin pins[PROGRAMS];

	for (unsigned i = 0; i < PROGRAMS; i++) {
		pin_find(&pins[i], folder, i);
		if (loaded->program[i] >= 0 && pins[i].there && !pins[i].ours)
			return cannot_pin(&pins[i], why);
	}
	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (loaded->program[i] < 0 && pins[i].ours)
			unlink(pins[i].path);
		if (loaded->program[i] >= 0 && !pin_one(&pins[i], loaded->program[i], i, why))
			return false;
	}
	return true;
}

/* The number that takes a group's place in programs that are pinned: one that no group has. */
static uint32_t owner_of_pins(void)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		abort();
	return number | 1U << 31; /* groups are counted from 1 on */
}

/* Loads the programs and pins them in the folder. Returns false, with *why. */
static bool pin_all(const char *folder, const struct settings *settings, struct text *why)
{
	struct untouched untouched;
	struct loaded loaded;
	int lock = load_is_possible(why) ? attached_lock_maps(why) : -1;
	bool done;

	if (lock < 0)
		return false;
	untouched_read(&untouched, NULL);
	done = load_programs(&loaded, settings, &untouched, owner_of_pins(), why);
	untouched_free(&untouched);
	attached_unlock_maps(lock);
	if (!done)
		return false;
	done = pin_loaded(folder, &loaded, why);
	loaded_close(&loaded);
	return done;
}

static int pin(const struct request *request)
{
	static struct settings settings;
	char line[5120], folder[PATH_MAX];
	struct text why = TEXT(line);

	if (request->count != 1) {
		message("cgroup pin: expected one DIRECTORY (see --help)");
		return EXIT_OURS;
	}
	if (!read_settings(request, &settings))
		return EXIT_OURS;
	/* An absolute path for systemd; pin_loaded() reports it if there is no such directory. */
	if (!realpath(request->arguments[0], folder))
		snprintf(folder, sizeof(folder), "%s", request->arguments[0]);
	if (pin_all(folder, &settings, &why))
		return 0;
	say(&why);
	return EXIT_OURS;
}

struct listing {
	bool json, any;
	int error;
};

static void list_json(const struct attached *attached, const char *summary, bool first)
{
	printf("%s{", first ? "[\n  " : ",\n  ");
	printf("\"by\": \"%s\"", attached->by_us ? "attach" : "other");
	json_string("group", attached->group->path);
	json_string("settings", summary);
	fputs(", \"missing\": [", stdout);
	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (attached->missing & 1U << i)
			printf("%s\"%s\"", attached->missing & ((1U << i) - 1) ? ", " : "",
			       program_name(i));
	}
	fputs("], \"rules\": [", stdout);
	for (unsigned i = 0; i < attached->settings.rules; i++) {
		char *rule = rule_to_text(&attached->settings.rule[i]);

		printf("%s\"%s\"", i ? ", " : "", rule);
		free(rule);
	}
	fputs("]}", stdout);
}

static void list_lines(const struct attached *attached, const char *summary)
{
	char buffer[PATH_MAX + 256];
	struct text line = TEXT(buffer);

	text_printable(&line, attached->group->path);
	text_string(&line, ": ");
	text_string(&line, summary);
	if (!attached->by_us)
		text_string(&line, " (not by keepalive cgroup attach)");
	if (attached->missing) {
		text_string(&line, " (half attached, ");
		text_missing(&line, attached->missing);
		text_string(&line, attached->by_us ? ": attach again, or detach)" : ")");
	}
	printf("%.*s\n", (int)(line.next - line.start), line.start);
	for (unsigned i = 0; i < attached->settings.rules; i++) {
		char *rule = rule_to_text(&attached->settings.rule[i]);

		printf("  rule %u: %s\n", i + 1, rule);
		free(rule);
	}
}

static void list_one(void *context, const struct attached *attached)
{
	struct listing *listing = context;
	char summary[256];
	struct text text = TEXT(summary);

	text.end--;
	text_settings(&text, &attached->settings);
	*text.next = '\0';
	if (listing->json)
		list_json(attached, summary, !listing->any);
	else
		list_lines(attached, summary);
	listing->any = true;
}

static void list_group(void *context, const struct group *group)
{
	struct listing *listing = context;
	int error = attached_find(group, list_one, listing);

	listing->error = error ? error : listing->error;
}

static int list(const struct request *request)
{
	struct listing listing = { .json = request->json };
	struct group group;
	char line[1024];
	struct text why = TEXT(line);

	if (request->count) {
		message("cgroup list takes no argument (see --help)");
		return EXIT_OURS;
	}
	if (!group_open(&group, "/", &why)) {
		say(&why);
		return EXIT_OURS;
	}
	group_walk(&group, list_group, &listing);
	group_close(&group);
	if (listing.json && !listing.error)
		puts(listing.any ? "\n]" : "[]");
	if (listing.error)
		message("listing needs CAP_SYS_ADMIN: run as root");
	return listing.error ? EXIT_OURS : 0;
}

/* The words after `keepalive cgroup`, and the options that each takes. */
static const struct call {
	int (*run)(const struct request *request);
	bool settings, host, all, json;
} calls[] = {
	{ attach, .settings = true, .host = true },
	{ list, .json = true },
	{ detach, .host = true, .all = true },
	{ pin, .settings = true },
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };
static const char *const call_names[CALLS + 1] = { "attach", "list", "detach", "pin" };

/* The option that was given and does not belong to the call; NULL if there is none. */
static const char *unfitting_option(const struct request *request, const struct call *call)
{
	for (unsigned i = 0; i < VARIABLES && !call->settings; i++) {
		if (request->options.text[i])
			return settings_options_name(i);
	}
	return request->host && !call->host   ? "--host"
	       : request->all && !call->all   ? "--all"
	       : request->json && !call->json ? "--json"
					      : NULL;
}

static int perform(const struct request *request, unsigned which)
{
	const char *option = unfitting_option(request, &calls[which]);

	if (option) {
		message("cgroup %s takes no %s (see --help)", call_names[which], option);
		return EXIT_OURS;
	}
	if (calls[which].settings)
		lookalikes_warn(environ, false);
	return calls[which].run(request);
}

int command_cgroup(int argc, char **argv)
{
	struct request request = { .json = false };
	const struct option_row rows[] = {
		{ .name = "json", .flag = &request.json },
		{ .name = "host", .flag = &request.host },
		{ .name = "all", .flag = &request.all },
		{ 0 },
	};
	const struct options options = {
		.help = help,
		.help_below = help_below,
		.settings = &request.options,
		.rows = rows,
	};
	int status;
	char **arguments = options_read(argc, argv, &options, &status);

	if (!arguments)
		return status;
	if (!arguments[0]) {
		message("cgroup: expected attach, list, detach or pin (see --help)");
		return EXIT_OURS;
	}
	request.arguments = arguments + 1;
	while (request.arguments[request.count])
		request.count++;
	for (unsigned i = 0; i < CALLS; i++) {
		if (strcmp(call_names[i], arguments[0]) == 0)
			return perform(&request, i);
	}
	options_say_unknown_word(argv[0], arguments[0], call_names);
	return EXIT_OURS;
}
