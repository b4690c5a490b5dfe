/*
 * enable: `keepalive enable` and `disable` add and remove keepalive for a systemd service, by a
 * drop-in beside its unit.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/options.h"
#include "base/settings_options.h"
#include "cgroup/group_settings.h"
#include "command.h"
#include "program/library.h"
#include "program/target.h"
#include "service/drop_in.h"
#include "service/systemd.h"
#include "service/unit.h"
#include "verdict/verdict.h"

#define FILE_NAME "keepalive-shim.conf"
enum { WORDS_MAX = 64 }; /* of a command, for env(1) */

/* How a service gets keepalive; the simplest way first. */
enum way_in { BY_PRELOAD, BY_RUN, BY_SUPERVISION, BY_GROUP };

struct request {
	struct settings_options options;
	const char *root; /* "": this system */
	bool dry_run, now, cgroup;
};

/* What is known of a service. */
struct plan {
	enum way_in way;
	struct library library;
};

static const char help_enable[] =
	"Usage: keepalive enable [OPTION...] UNIT\n"
	"Gives a systemd service keepalive, by a drop-in; the unit is not edited. The\n"
	"library is preloaded; a static or Go service, or one that empties its children's\n"
	"environment, is started by 'keepalive run'.\n"
	"\n"
	"  --cgroup                 by the kernel, as 'keepalive cgroup' does: for\n"
	"                           programs of every kind\n"
	"  --now                    restart the service, and check it\n"
	"  --dry-run                print the drop-in, and write nothing\n"
	"  --root=DIR               the unit is in the image below DIR\n";
static const char help_enable_below[] =
	"  --help, --version\n\n"
	"The drop-in contains the settings that are given. Exit status: 0 done, 125 not.\n";
static const char help_disable[] = "Usage: keepalive disable [OPTION...] UNIT\n"
				   "Removes what 'keepalive enable UNIT' wrote.\n\n"
				   "  --now                    restart the service\n"
				   "  --root=DIR               the unit is in the image below DIR\n"
				   "  --help, --version\n\n"
				   "Exit status: 0 done, 125 not.\n";

/*
 * Debian's pg_ctlcluster and postfix's master(8) start their servers with an environment of their
 * own.
 */
static bool empties_environment(const struct service *unit)
{
	static const char *const names[] = { "postgresql@*", "postfix.service", "postfix@*" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fnmatch(names[i], unit->name, 0) == 0)
			return true;
	}
	return false;
}

/* What one command of the service needs. Returns false, after a message, if there is no way. */
static bool plan_command(const struct request *request, const struct service *unit,
			 const char *start, struct plan *plan)
{
	static struct target target;
	static struct settings settings;
	struct unit_command command;
	struct program program;
	struct verdict verdict;
	char path[2 * PATH_MAX], *words[WORDS_MAX];
	int error;

	unit_command_read(start, &command);
	snprintf(path, sizeof(path), "%s%s", *command.program == '/' ? unit->root : "",
		 command.program);
	words[0] = path;
	unit_command_words(*unit->root ? "" : command.rest, words + 1, WORDS_MAX - 1);
	error = target_find(words, &target);
	if (error && error != ENOEXEC) {
		message("'%s': its program '%s': %s", unit->name, path, strerror(error));
		return false;
	}
	program = target_program(&target);
	if (!settings_options_read(&request->options, &program, &settings, true) ||
	    !library_find(NULL, target.elf.abi, &plan->library))
		return false;
	judge_program(&target, error, &plan->library, &settings, &verdict);
	if (verdict.supervisable) {
		plan->way = plan->way > BY_RUN ? plan->way : BY_RUN;
		return true;
	}
	if (verdict_effect(&verdict) == EFFECT_YES && unit->user[0] &&
	    target.others != PRIVILEGE_NONE) {
		message("'%s': '%s' is setuid or has file capabilities, and ignores preloads as "
			"user "
			"%s; 'keepalive enable --cgroup' reaches it",
			unit->name, path, unit->user);
		return false;
	}
	if (verdict_effect(&verdict) != EFFECT_NO)
		return true;
	message("'%s': '%s' cannot be given keepalive: %s", unit->name, path, verdict.reason);
	return false;
}

static bool plan_unit(const struct request *request, const struct service *unit, struct plan *plan)
{
	plan->way = empties_environment(unit) ? BY_SUPERVISION : BY_PRELOAD;
	if (!unit->count) {
		message("'%s' starts no program (it has no ExecStart=)", unit->name);
		return false;
	}
	if (request->cgroup) {
		static struct settings settings;

		plan->way = BY_GROUP;
		return group_settings_read(&request->options, &settings);
	}
	for (size_t i = 0; i < unit->count; i++) {
		if (!plan_command(request, unit, unit->starts[i], plan))
			return false;
	}
	return true;
}

static void write_preload(FILE *out, const struct service *unit, const struct plan *plan)
{
	char list[2 * PATH_MAX];

	/* In an image, the dynamic linker finds it: ld.so(8). */
	snprintf(list, sizeof(list), "%s%s%s",
		 *unit->root ? "/usr/$LIB/keepalive-shim/" LIBRARY_NAME : plan->library.path,
		 unit->preload[0] ? ":" : "", unit->preload);
	drop_in_environment(out, "LD_PRELOAD", list);
}

/* This command, as the unit names it. */
static const char *own_path(const struct service *unit)
{
	static char own[PATH_MAX] = "/usr/bin/keepalive";

	if (!*unit->root && !realpath("/proc/self/exe", own))
		abort();
	return own;
}

/*
 * Before the service starts; and after, for the sockets that it got from systemd, which belong to
 * the group of that.
 */
static void write_group(FILE *out, const struct service *unit)
{
	fprintf(out, "ExecStartPre=+%s cgroup attach self\n", own_path(unit));
	fprintf(out, "ExecStartPost=-+%s cgroup attach self\n", own_path(unit));
}

static void write_starts(FILE *out, const struct service *unit, const struct plan *plan)
{
	fputs("ExecStart=\n", out);
	for (size_t i = 0; i < unit->count; i++) {
		struct unit_command command;

		unit_command_read(unit->starts[i], &command);
		fprintf(out, "ExecStart=%s%s run%s%s%.*s -- %.*s%s\n", command.prefixes,
			own_path(unit), plan->way == BY_SUPERVISION ? " --supervise=always" : "",
			command.name.length ? " --argv0 " : "", (int)command.name.length,
			command.name.start, (int)command.first.length, command.first.start,
			command.rest);
	}
}

/* The service's processes do not repeat in the journal what was warned of here. */
static void write_said(FILE *out, const struct request *request, const struct service *unit)
{
	struct sources sources = { .refused = { false } };
	char said[SAYING_SIZE];

	for (unsigned i = 0; i < VARIABLES; i++)
		sources.texts.text[i] = request->options.text[i];
	if (!*unit->root)
		sources_add_host_file(&sources);
	if (sources_saying(&sources, said))
		drop_in_environment(out, SAID_VARIABLE, said);
}

static char *write_text(const struct request *request, const struct service *unit,
			const struct plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fprintf(out,
		"# Written by 'keepalive enable'; 'keepalive disable %s' removes it.\n[Service]\n",
		unit->name);
	if (plan->way == BY_PRELOAD)
		write_preload(out, unit, plan);
	else if (plan->way == BY_GROUP)
		write_group(out, unit);
	else
		write_starts(out, unit, plan);
	for (unsigned i = 0; i < VARIABLES; i++) {
		if (request->options.text[i])
			drop_in_environment(out, variable_name(i), request->options.text[i]);
	}
	write_said(out, request, unit);
	fclose(out);
	return text;
}

static bool is_booted(const struct service *unit)
{
	return !*unit->root && access("/run/systemd/system", F_OK) == 0;
}

/*
 * Reports what systemd-analyze(1) complains of in the drop-in; other faults of the unit are not
 * ours.
 */
static bool verifies(const struct service *unit, const char *path)
{
	const char *const command[] = { "systemd-analyze", "verify", unit->name, NULL };
	struct asked asked;
	/* NOLINTNEXTLINE(cert-env33-c): a command line of ours, with quoted names */
	char *line = NULL;
	size_t size = 0;
	bool holds = true;

	if (*unit->root)
		return true;
	asked = systemd_ask(command);
	while (asked.answer && getline(&line, &size, asked.answer) > 0) {
		if (!strstr(line, path))
			continue;
		line[strcspn(line, "\n")] = '\0';
		message("%s", line);
		holds = false;
	}
	free(line);
	systemd_end(&asked);
	return holds;
}

static bool tell_systemd(const char *verb, const char *name)
{
	const char *const command[] = { "systemctl", verb, name, NULL };
	struct asked asked = systemd_ask(command);
	char line[512];
	int status;

	while (asked.answer && fgets(line, sizeof(line), asked.answer)) {
		line[strcspn(line, "\n")] = '\0';
		message("%s", line);
	}
	status = systemd_end(&asked);
	if (status != 0)
		message("systemctl %s %s: exit status %d", verb, name ? name : "", status);
	return status == 0;
}

static int check_main_process(const struct service *unit)
{
	static char keepalive[] = "keepalive", check[] = "check";
	char pid[32];
	char *arguments[] = { keepalive, check, pid, NULL };

	if (!systemd_property(unit->name, "MainPID", pid, sizeof(pid)) || strcmp(pid, "0") == 0)
		return 0; /* it has none, like a service that has finished */
	return command_check(2, arguments + 1);
}

/* Makes systemd reload the files, and prints or does what is left to do. */
static int follow_up(const struct request *request, const struct service *unit, bool enabled)
{
	if (!is_booted(unit))
		return 0;
	if (!tell_systemd("daemon-reload", NULL))
		return EXIT_OURS;
	if (!request->now) {
		printf("to take effect: systemctl restart %s\n", unit->name);
		if (enabled)
			printf("then: keepalive check \"$(systemctl show --value -p MainPID "
			       "%s)\"\n",
			       unit->name);
		return 0;
	}
	if (!tell_systemd("restart", unit->name)) {
		message("'%s' did not restart; see systemctl status %s", unit->name, unit->name);
		return EXIT_OURS;
	}
	return enabled ? check_main_process(unit) : 0;
}

static const char *way_text(enum way_in way)
{
	static const char *const texts[] = {
		[BY_PRELOAD] = "by preload",
		[BY_RUN] = "by 'keepalive run' in front of ExecStart=",
		[BY_SUPERVISION] = "by supervision, since it empties its children's environment",
		[BY_GROUP] = "by its control group, in the kernel",
	};
	return texts[way];
}

static int enable(const struct request *request, const char *name)
{
	static struct service unit;
	static struct plan plan;
	char path[PATH_MAX];
	char *text;
	int error;

	if (!unit_name(&unit, request->root, name))
		return EXIT_OURS;
	unit_drop_in(&unit, FILE_NAME, path);
	if (!unit_read(&unit, path) || !plan_unit(request, &unit, &plan))
		return EXIT_OURS;
	text = write_text(request, &unit, &plan);
	if (request->dry_run) {
		printf("# %s\n%s", path, text);
		return 0;
	}
	error = drop_in_write(path, text);
	free(text);
	if (error) {
		message("cannot write '%s': %s", path, strerror(error));
		return EXIT_OURS;
	}
	if (!verifies(&unit, path)) {
		drop_in_remove(path);
		return EXIT_OURS;
	}
	printf("%s: %s\n", path, way_text(plan.way));
	return follow_up(request, &unit, true);
}

static int disable(const struct request *request, const char *name)
{
	static struct service unit;
	char path[PATH_MAX];
	int error;

	if (!unit_name(&unit, request->root, name))
		return EXIT_OURS;
	unit_drop_in(&unit, FILE_NAME, path);
	error = drop_in_remove(path);
	if (error) {
		message("'%s' was not enabled, or cannot be disabled: '%s': %s", unit.name, path,
			strerror(error));
		return EXIT_OURS;
	}
	printf("%s: removed\n", path);
	return follow_up(request, &unit, false);
}

/* Parses the options and the unit's name. Returns NULL with the exit status. */
static const char *read_unit(int argc, char **argv, const struct options *options, int *status)
{
	char **arguments = options_read(argc, argv, options, status);

	if (!arguments)
		return NULL;
	if (arguments[0] && !arguments[1])
		return arguments[0];
	message("%s: expected one UNIT (see --help)", argv[0]);
	*status = EXIT_OURS;
	return NULL;
}

int command_enable(int argc, char **argv)
{
	struct request request = { .root = "" };
	const struct option_row rows[] = {
		{ .name = "cgroup", .flag = &request.cgroup },
		{ .name = "now", .flag = &request.now },
		{ .name = "dry-run", .flag = &request.dry_run },
		{ .name = "root", .text = &request.root },
		{ 0 },
	};
	const struct options options = {
		.help = help_enable,
		.help_below = help_enable_below,
		.settings = &request.options,
		.rows = rows,
	};
	int status;
	const char *unit = read_unit(argc, argv, &options, &status);

	return unit ? enable(&request, unit) : status;
}

int command_disable(int argc, char **argv)
{
	struct request request = { .root = "" };
	const struct option_row rows[] = {
		{ .name = "now", .flag = &request.now },
		{ .name = "root", .text = &request.root },
		{ 0 },
	};
	const struct options options = { .help = help_disable, .rows = rows };
	int status;
	const char *unit = read_unit(argc, argv, &options, &status);

	return unit ? disable(&request, unit) : status;
}
