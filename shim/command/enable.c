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
#include "base/path.h"
#include "base/settings_options.h"
#include "cgroup/group_settings.h"
#include "command.h"
#include "program/library.h"
#include "program/target.h"
#include "service/drop_in.h"
#include "service/obstruction.h"
#include "service/syntax.h"
#include "service/systemd.h"
#include "service/unit.h"
#include "service/unit_files.h"
#include "supervise/supervise.h"
#include "verdict/verdict.h"

/* systemd reads drop-ins by the order of their names; `systemctl edit` makes override.conf. */
#define FILE_NAME "zz-keepalive-shim.conf"
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
	bool supervised;  /* a supervisor runs beside it */
	bool needs_reach; /* which copies its descriptors, because of roles or rules */
	struct library library;
	struct sources sources; /* of the settings that it gets */
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

/* The program's path, as the service names it: systemd has a search path of its own for a bare name. */
static bool find_program(const struct service *unit, const char *program, char path[2 * PATH_MAX])
{
	static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					       "/usr/bin",        "/sbin",          "/bin" };
	char name[PATH_MAX];

	if (!syntax_expand(unit->name, program, name, sizeof(name))) {
		message("'%s': only systemd knows which program '%s' is; %s", unit->name, program,
			unit_is_template(unit->name)
				? "name an instance, or use 'keepalive enable --cgroup'"
				: "use 'keepalive enable --cgroup'");
		return false;
	}
	snprintf(path, 2 * PATH_MAX, "%s", name);
	for (size_t i = 0; *name != '/' && i < sizeof(folders) / sizeof(folders[0]); i++) {
		char file[PATH_MAX];

		snprintf(path, 2 * PATH_MAX, "%s/%s", folders[i], name);
		if (path_in_root(unit->root, path, file) == 0 && access(file, X_OK) == 0)
			break;
	}
	return true;
}

static const char *user_of(const struct service *unit)
{
	return unit->dynamic_user ? "of DynamicUser=" : unit->user;
}

/* What one command of the service needs. Returns false, after a message, if there is no way. */
static bool plan_command(const struct service *unit, const char *start, struct plan *plan)
{
	static struct target target;
	static struct settings settings;
	struct unit_command command;
	struct program program;
	struct verdict verdict;
	char path[2 * PATH_MAX], *words[WORDS_MAX];
	int error;

	unit_command_read(start, &command);
	if (!find_program(unit, command.program, path))
		return false;
	words[0] = path;
	unit_command_words(command.rest, words + 1, WORDS_MAX - 1);
	error = target_find_in(unit->root, words, &target);
	if (error && error != ENOEXEC) {
		message("'%s': its program '%s%s': %s", unit->name, unit->root, path,
			strerror(error));
		return false;
	}
	if (!target.traits.imports_socket)
		target_read_libraries(&target);
	program = target_program(&target);
	if (!sources_read(&plan->sources, &program, &settings, true) ||
	    !library_find(NULL, target.elf.abi, &plan->library))
		return false;
	judge_program(&target, error, &plan->library, &settings, &verdict);
	if (verdict.supervisable) {
		plan->way = plan->way > BY_RUN ? plan->way : BY_RUN;
		plan->supervised = true;
		plan->needs_reach = plan->needs_reach || supervise_waiting(&settings);
		return true;
	}
	if (verdict_effect(&verdict) == EFFECT_YES && user_of(unit)[0] &&
	    target.others != PRIVILEGE_NONE) {
		message("'%s': '%s%s' is setuid or has file capabilities, and ignores preloads as "
			"user "
			"%s; 'keepalive enable --cgroup' reaches it",
			unit->name, unit->root, path, user_of(unit));
		return false;
	}
	if (verdict_effect(&verdict) != EFFECT_NO)
		return true;
	message("'%s': '%s%s' cannot be given keepalive: %s", unit->name, unit->root, path,
		verdict.reason);
	return false;
}

/* What the unit has that would keep the drop-in from taking effect. */
static void warn_of_overrides(const struct request *request, const struct service *unit)
{
	for (unsigned i = 0; i < VARIABLES; i++) {
		const char *by = unit_overrides(unit, variable_name(i));

		if (request->options.text[i] && by)
			warning("'%s': '%s' overrides %s of the drop-in", unit->name, by,
				variable_name(i));
	}
}

/* Which process systemd takes for the main one if there is another beside it. */
static void warn_of_fork(const struct service *unit, const struct plan *plan)
{
	if (plan->supervised && unit->forking && !unit->pid_file)
		warning("'%s': Type=forking without PIDFile=: systemd cannot guess its main "
			"process "
			"beside the supervisor; set PIDFile=, or use 'keepalive enable --cgroup'",
			unit->name);
}

static bool plan_commands(const struct service *unit, struct plan *plan)
{
	for (size_t i = 0; i < unit->starts.count; i++) {
		if (!plan_command(unit, unit->starts.list[i], plan))
			return false;
	}
	if (plan->way == BY_PRELOAD && unit_overrides(unit, "LD_PRELOAD"))
		plan->way = BY_RUN; /* which sets it itself */
	return true;
}

/* This command, as the unit names it. */
static const char *own_path(const struct service *unit)
{
	static char own[PATH_MAX] = "/usr/bin/keepalive";

	if (!*unit->root && !realpath("/proc/self/exe", own))
		abort();
	return own;
}

/* systemd.service(5), "Command lines": of a program's path; and quotes, which it does not say. */
static bool can_start_us(const struct service *unit)
{
	for (const char *at = own_path(unit); *at; at++) {
		if (strchr("\"'\\\x7f", *at) || (*at > 0 && *at < ' ')) {
			message("systemd cannot start a program whose path has quotes, backslashes "
				"or control characters: '%s'; install this command elsewhere",
				own_path(unit));
			return false;
		}
	}
	return true;
}

/* Complains if the service cannot use what the plan has it use. */
static bool is_in_reach(const struct service *unit, const struct plan *plan)
{
	const char *const paths[] = { plan->way == BY_PRELOAD ? NULL : own_path(unit),
				      plan->library.path };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !*unit->root; i++) {
		const char *by = paths[i] ? obstruction_hides(unit, paths[i]) : NULL;

		if (by) {
			message("'%s' cannot read '%s' (%s); install keepalive-shim below /usr",
				unit->name, paths[i], by);
			return false;
		}
	}
	return true;
}

/* Complains if the service may not make the system calls of its supervisor. */
static bool may_be_supervised(const struct service *unit, const struct plan *plan)
{
	const char *refused = !obstruction_allows(unit, "seccomp") ? "seccomp"
			      : plan->needs_reach && !obstruction_allows(unit, "pidfd_getfd")
				      ? "pidfd_getfd"
				      : NULL;

	if (!plan->supervised || !refused)
		return true;
	message("'%s': its SystemCallFilter= refuses %s(2), which supervision needs; 'keepalive "
		"enable --cgroup' does without",
		unit->name, refused);
	return false;
}

/*
 * The settings that the service gets. The variables of this command's environment are not among
 * them; nor, in an image, is this host's file.
 */
static void plan_settings(const struct request *request, const struct service *unit,
			  struct plan *plan)
{
	for (unsigned i = 0; i < VARIABLES; i++) {
		plan->sources.texts.text[i] = request->options.text[i];
		plan->sources.option[i] =
			request->options.text[i] ? settings_options_name(i) : NULL;
	}
	if (!*unit->root)
		sources_add_host_file(&plan->sources);
}

static bool plan_unit(const struct request *request, const struct service *unit, struct plan *plan)
{
	plan->way = empties_environment(unit) ? BY_SUPERVISION : BY_PRELOAD;
	plan->supervised = plan->way == BY_SUPERVISION;
	if (!unit->starts.count) {
		message("'%s' starts no program (it has no ExecStart=)", unit->name);
		return false;
	}
	if (unit->root_directory || unit->root_image) {
		message("'%s' has a root directory of its own (RootDirectory= or RootImage=), "
			"where neither this command nor the library is; 'keepalive cgroup attach' "
			"reaches it while it runs",
			unit->name);
		return false;
	}
	plan_settings(request, unit, plan);
	if (request->cgroup) {
		static struct settings settings;

		plan->way = BY_GROUP;
		if (!group_settings_read(&plan->sources, &settings, true))
			return false;
	} else if (!plan_commands(unit, plan) || !may_be_supervised(unit, plan) ||
		   !is_in_reach(unit, plan)) {
		return false;
	}
	if (plan->way != BY_PRELOAD && !can_start_us(unit))
		return false;
	warn_of_overrides(request, unit);
	warn_of_fork(unit, plan);
	return true;
}

/* LD_PRELOAD, in which what the unit has already may contain specifiers. */
static void write_preload(FILE *out, const struct service *unit, const struct plan *plan)
{
	/* In an image, the dynamic linker finds it: ld.so(8). */
	const char *path =
		*unit->root ? "/usr/$LIB/keepalive-shim/" LIBRARY_NAME : plan->library.path;
	char written[2 * PATH_MAX], *list;
	size_t length = 0;

	for (; *path; path++) {
		if (*path == '%')
			written[length++] = *path;
		written[length++] = *path;
	}
	written[length] = '\0';
	list = library_list(written, slice_of(unit_environment(unit, "LD_PRELOAD")));
	fputs("Environment=\"LD_PRELOAD=", out);
	syntax_escape(out, list, "");
	fputs("\"\n", out);
	free(list);
}

/* A program, as ExecStart= names it. */
static void write_own_path(FILE *out, const struct service *unit)
{
	const char *own = own_path(unit), *quote = strpbrk(own, UNIT_BLANKS) ? "\"" : "";

	fputs(quote, out);
	syntax_escape(out, own, "%");
	fputs(quote, out);
}

/*
 * Before the service starts; and after, for the sockets that it got from systemd, which belong to
 * the group of that.
 */
static void write_group(FILE *out, const struct service *unit)
{
	static const char *const lines[] = { "ExecStartPre=+", "ExecStartPost=-+" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fputs(lines[i], out);
		write_own_path(out, unit);
		fputs(" cgroup attach self\n", out);
	}
}

/*
 * Its program is now an argument, in which systemd expands variables (systemd.service(5)), unless a
 * colon precedes the command; and no longer looked for by systemd.
 */
static void write_program(FILE *out, const struct service *unit, const struct unit_command *command)
{
	const char *doubled = strchr(command->prefixes, ':') ? "" : "$";
	char path[2 * PATH_MAX];

	if (*command->program != '/' && find_program(unit, command->program, path)) {
		fprintf(out, " --argv0 %.*s -- \"", (int)command->first.length,
			command->first.start);
		syntax_escape(out, path, "%");
		putc('"', out);
		return;
	}
	fputs(" -- ", out);
	for (size_t i = 0; i < command->first.length; i++) {
		if (command->first.start[i] == '$')
			fputs(doubled, out);
		putc(command->first.start[i], out);
	}
}

static void write_starts(FILE *out, const struct service *unit, const struct plan *plan)
{
	fputs("ExecStart=\n", out);
	for (size_t i = 0; i < unit->starts.count; i++) {
		struct unit_command command;

		unit_command_read(unit->starts.list[i], &command);
		fprintf(out, "ExecStart=%s", command.prefixes);
		write_own_path(out, unit);
		fprintf(out, " run%s", plan->way == BY_SUPERVISION ? " --supervise=always" : "");
		if (command.name.length)
			fprintf(out, " --argv0 %.*s", (int)command.name.length, command.name.start);
		write_program(out, unit, &command);
		fprintf(out, "%s\n", command.rest);
	}
}

/* The service's processes do not repeat in the journal what was warned of here. */
static void write_said(FILE *out, const struct plan *plan)
{
	char said[SAYING_SIZE];

	if (sources_saying(&plan->sources, said))
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
	fprintf(out, DROP_IN_MARK "; 'keepalive disable %s' removes it.\n[Service]\n", unit->name);
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
	write_said(out, plan);
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
	const char *const command[] = { "systemd-analyze", "verify", "--", unit->name, NULL };
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

/* Whether systemd starts us for this command. */
static bool starts_us(const struct service *unit, const char *start)
{
	struct unit_command command;
	char program[PATH_MAX];

	unit_command_read(start, &command);
	return syntax_expand(unit->name, command.program, program, sizeof(program)) &&
	       strcmp(program, own_path(unit)) == 0;
}

/* Reads the unit again, with the drop-in. Complains if another one that comes later undoes it. */
static bool is_last(const struct service *unit, const struct plan *plan, const char *path)
{
	static struct service again;
	bool holds = true;

	if (plan->way == BY_GROUP)
		return true;
	if (!unit_name(&again, unit->root, unit->name) || !unit_read(&again, ""))
		return false;
	if (plan->way == BY_PRELOAD)
		holds = strstr(unit_environment(&again, "LD_PRELOAD"), LIBRARY_NAME);
	else
		for (size_t i = 0; i < again.starts.count; i++)
			holds = holds && starts_us(&again, again.starts.list[i]);
	if (!holds)
		message("a drop-in that systemd reads after '%s' overrides it: give that one a "
			"name which comes before",
			path);
	return holds;
}

static bool tell_systemd(const char *verb, const char *name)
{
	const char *const command[] = { "systemctl", verb, name ? "--" : NULL, name, NULL };
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
	if (unit_is_template(unit->name)) {
		printf("to take effect: restart the instances of %s\n", unit->name);
		return 0;
	}
	if (!request->now) {
		const char *quote = strchr(unit->name, '\\') ? "'" : "";
		const char *dashes = *unit->name == '-' ? "-- " : "";

		printf("to take effect: systemctl restart %s%s%s%s\n", dashes, quote, unit->name,
		       quote);
		if (enabled)
			printf("then: keepalive check \"$(systemctl show --value -p MainPID "
			       "%s%s%s%s)\"\n",
			       dashes, quote, unit->name, quote);
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

/* Complains if there is a file of somebody else's in the place of ours. */
static bool is_ours(const char *path)
{
	if (drop_in_is_ours(path))
		return true;
	message("'%s' was not written by 'keepalive enable': remove it first", path);
	return false;
}

/* An image's directory; "" for "/", which is this system. */
static bool take_root(void *context, const char *value)
{
	size_t length = strlen(value);

	while (length && value[length - 1] == '/')
		length--;
	((struct request *)context)->root = strndup(value, length);
	if (!((struct request *)context)->root)
		abort();
	return true;
}

/* The file as it was before: earlier is its text, NULL if there was none. */
static void restore(const char *path, const char *earlier)
{
	if (earlier)
		drop_in_write(path, earlier);
	else
		drop_in_remove(path);
}

static int enable(const struct request *request, const char *name)
{
	static struct service unit;
	static struct plan plan;
	char path[PATH_MAX];
	char *text, *earlier;
	bool works;
	int error;

	if (!unit_name(&unit, request->root, name))
		return EXIT_OURS;
	unit_drop_in(&unit, FILE_NAME, path);
	if (!unit_read(&unit, FILE_NAME) || !is_ours(path) || !plan_unit(request, &unit, &plan))
		return EXIT_OURS;
	text = write_text(request, &unit, &plan);
	if (request->dry_run) {
		printf("# %s\n%s", path, text);
		return 0;
	}
	earlier = drop_in_read(path);
	error = drop_in_write(path, text);
	free(text);
	if (error)
		message("cannot write '%s': %s", path, strerror(error));
	works = !error && is_last(&unit, &plan, path) && verifies(&unit, path);
	if (!works && !error)
		restore(path, earlier);
	free(earlier);
	if (!works)
		return EXIT_OURS;
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
	if (!is_ours(path))
		return EXIT_OURS;
	error = drop_in_remove(path);
	if (error) {
		message(error == ENOENT ? "'%s' was not enabled: there is no '%s'"
					: "'%s' cannot be disabled: '%s': %s",
			unit.name, path, strerror(error));
		return EXIT_OURS;
	}
	printf("%s: removed\n", path);
	return follow_up(request, &unit, false);
}

/* Complains if --now is given where it has no effect. */
static bool can_restart(const struct request *request)
{
	if (!request->now)
		return true;
	if (request->dry_run)
		message("--now: --dry-run restarts nothing; give only one of them");
	else if (*request->root)
		message("--now: no service runs in the image of --root; give only one of them");
	else if (access("/run/systemd/system", F_OK) != 0)
		message("--now: systemd does not run here, so there is no service to restart");
	else
		return true;
	return false;
}

/* Parses the options and the unit's name. Returns NULL with the exit status. */
static const char *read_unit(int argc, char **argv, const struct options *options, int *status)
{
	char **arguments = options_read(argc, argv, options, status);

	if (!arguments)
		return NULL;
	*status = EXIT_OURS;
	if (!arguments[0] || arguments[1])
		message("%s: expected one UNIT (see --help)", argv[0]);
	else if (can_restart(options->context))
		return arguments[0];
	return NULL;
}

int command_enable(int argc, char **argv)
{
	struct request request = { .root = "" };
	const struct option_row rows[] = {
		{ .name = "cgroup", .flag = &request.cgroup },
		{ .name = "now", .flag = &request.now },
		{ .name = "dry-run", .flag = &request.dry_run },
		{ .name = "root", .take = take_root },
		{ 0 },
	};
	const struct options options = {
		.help = help_enable,
		.help_below = help_enable_below,
		.settings = &request.options,
		.context = &request,
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
		{ .name = "root", .take = take_root },
		{ 0 },
	};
	const struct options options = { .help = help_disable, .context = &request, .rows = rows };
	int status;
	const char *unit = read_unit(argc, argv, &options, &status);

	return unit ? disable(&request, unit) : status;
}
