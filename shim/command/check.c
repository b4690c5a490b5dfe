/* check: `keepalive check` reports whether the shim takes effect and, if not, why. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/lookalikes.h"
#include "base/message.h"
#include "base/options.h"
#include "base/printable.h"
#include "base/settings_options.h"
#include "cgroup/attached.h"
#include "cgroup/settings_text.h"
#include "command.h"
#include "process/process.h"
#include "program/library.h"
#include "program/target.h"
#include "sockets/deviation.h"
#include "verdict/check_process.h"
#include "verdict/verdict.h"

struct question {
	struct settings_options options;
	const char *library;
	char **command;      /* with its arguments, or a process id */
	const char *subject; /* the same in one */
	bool json;
};

/* Everything that is reported. */
struct answer {
	const struct question *question;
	const char *executable;
	const struct verdict *verdict;
	const char *by;    /* "preload", "supervision", "cgroup"; NULL if there is no effect */
	const char *group; /* for "cgroup" */
	const struct settings *settings; /* NULL if they are not known */
	const struct sources *sources;   /* where they come from; NULL if that is not known */
	struct deviation sockets;        /* of a process in which it takes effect; otherwise zero */
};

static const char help[] =
	"Usage: keepalive check [OPTION...] COMMAND [ARG...]\n"
	"       keepalive check [OPTION...] PID\n"
	"Reports whether the shim takes effect in a command or a running process and, if\n"
	"not, why, and what to do. Arguments matter for env(1), which starts another\n"
	"program. Write a file whose name is a number as ./NUMBER.\n"
	"\n"
	"  --json                   an object instead of text\n"
	"  --library=PATH           the shim's library, if not in one of the usual places\n";
static const char help_below[] =
	"  --help, --version\n"
	"\n"
	"Options override the variables of keepalive-shim(7), and these override\n"
	"/etc/keepalive-shim.conf. A process has its own settings.\n"
	"Exit status: 0 it does, 1 it does not, 125 unknown.\n";

static const char *word(enum effect effect)
{
	static const char *const words[] = {
		[EFFECT_YES] = "yes",
		[EFFECT_NO] = "no",
		[EFFECT_UNKNOWN] = "unknown",
	};
	return words[effect];
}

static void text_all_settings(struct text *text, const struct settings *settings)
{
	text_settings(text, settings);
	if (settings->rules) {
		text_string(text, ", and ");
		text_number(text, settings->rules);
		text_string(text, settings->rules == 1 ? " rule" : " rules");
	}
}

static void begin_line(struct text *text, const struct answer *answer)
{
	text->next = text->start;
	text_printable(text, answer->question->subject);
	text_string(text, ": ");
}

static void end_line(struct text *text)
{
	printf("%.*s\n", (int)(text->next - text->start), text->start);
}

static bool is_default(const struct sources *sources, enum variable variable)
{
	return strcmp(sources_kind(sources, variable), "default") == 0;
}

/* "idle from --idle, count from /etc/keepalive-shim.conf line 3, the rest by default" */
static void text_sources(struct text *text, const struct sources *sources)
{
	bool any = false;

	for (unsigned i = 0; i < VARIABLES; i++) {
		if (is_default(sources, i))
			continue;
		text_string(text, setting_text(i, SETTING_WORD));
		text_string(text, " from ");
		text_source(text, sources, i);
		text_string(text, ", ");
		any = true;
	}
	text_string(text, any ? "the rest by default" : "all by default");
}

static void print(const struct answer *answer)
{
	const struct verdict *verdict = answer->verdict;
	char line[2 * PATH_MAX];
	struct text text = TEXT(line);

	begin_line(&text, answer);
	text_string(&text, word(verdict_effect(verdict)));
	if (answer->by) {
		text_string(&text, ", by ");
		text_string(&text, answer->group ? "its control group " : answer->by);
		text_printable(&text, answer->group ? answer->group : "");
		if (answer->settings) {
			text_string(&text, ", ");
			text_all_settings(&text, answer->settings);
		}
	} else {
		text_string(&text, ": ");
		text_printable(&text, verdict->reason);
	}
	end_line(&text);
	if (verdict->advice[0]) {
		begin_line(&text, answer);
		text_string(&text, verdict->advice);
		end_line(&text);
	}
	if (answer->by && answer->sources) {
		begin_line(&text, answer);
		text_sources(&text, answer->sources);
		end_line(&text);
	}
	if (answer->sockets.differing) {
		begin_line(&text, answer);
		text_number(&text, answer->sockets.differing);
		text_string(&text, " of its ");
		text_number(&text, answer->sockets.sockets);
		text_string(&text, " TCP sockets have other values, set by the program itself "
				   "or earlier; such as ");
		text_string(&text, answer->sockets.first);
		end_line(&text);
	}
}

/* NULL, for JSON's null, if the string is empty. */
static const char *some(const char *string)
{
	return string[0] ? string : NULL;
}

/* An object for each setting: its value as written, and its source. */
static void json_sources(const struct sources *sources)
{
	printf(", \"settings\": ");
	if (!sources) {
		printf("null");
		return;
	}
	for (unsigned i = 0; i < VARIABLES; i++) {
		const char *preset = setting_text(i, SETTING_PRESET);
		unsigned line = sources->texts.line[i];

		printf("%s\"%s\": {\"from\": \"%s\"", i ? ", " : "{", setting_text(i, SETTING_WORD),
		       sources_kind(sources, i));
		json_string("value", is_default(sources, i) ? preset : sources->texts.text[i]);
		json_word("variable", variable_name(i));
		json_word("file", line ? HOST_FILE : NULL);
		json_number("line", line != 0, line);
		putchar('}');
	}
	putchar('}');
}

static void json_warnings(void)
{
	printf(", \"warnings\": [");
	for (const char *const *warning = warnings(); *warning; warning++) {
		printf("%s", warning == warnings() ? "" : ", ");
		json_text(*warning);
	}
	putchar(']');
}

static void print_json(const struct answer *answer)
{
	const struct verdict *verdict = answer->verdict;
	static const char *const effects[] = {
		[EFFECT_YES] = "yes",
		[EFFECT_NO] = "no",
		[EFFECT_UNKNOWN] = "unknown",
	};

	printf("{\"effect\": \"%s\"", effects[verdict_effect(verdict)]);
	json_word("by", answer->by);
	if (answer->group)
		json_string("group", answer->group);
	json_word("obstacle", obstacle_name(verdict->obstacle));
	printf(", \"supervisable\": %s", verdict->supervisable ? "true" : "false");
	json_string("subject", answer->question->subject);
	json_string("executable", some(answer->executable));
	json_string("reason", some(verdict->reason));
	json_string("advice", some(verdict->advice));
	json_sources(answer->sources);
	json_warnings();
	json_number("sockets", answer->by && answer->sockets.sockets, answer->sockets.sockets);
	json_number("differing", answer->by && answer->sockets.sockets, answer->sockets.differing);
	puts("}");
}

static int report(const struct answer *answer)
{
	static const int status[] = {
		[EFFECT_YES] = EXIT_SUCCESS,
		[EFFECT_NO] = EXIT_FAILURE,
		[EFFECT_UNKNOWN] = EXIT_OURS,
	};

	if (answer->question->json)
		print_json(answer);
	else
		print(answer);
	return status[verdict_effect(answer->verdict)];
}

/* What to do about settings that come from the host's file. */
static void advise_file(struct verdict *verdict, const struct sources *sources)
{
	unsigned off = sources->texts.line[VARIABLE_KEEPALIVE];
	unsigned rules = sources->texts.line[VARIABLE_RULES];

	if (verdict->obstacle == OBSTACLE_OFF && off)
		snprintf(verdict->advice, sizeof(verdict->advice),
			 "change " HOST_FILE
			 " line %u, or set KEEPALIVE_SHIM=on, which overrides it",
			 off);
	else if (verdict->obstacle == OBSTACLE_RULE && rules)
		snprintf(verdict->advice, sizeof(verdict->advice),
			 "change " HOST_FILE
			 " line %u, or set KEEPALIVE_SHIM_RULES, which overrides it",
			 rules);
}

static int answer_command(const struct question *question)
{
	static struct settings settings;
	static struct sources sources;
	static struct target target;
	int error = target_find(question->command, &target);
	struct program program = target_program(&target);
	static struct library library;
	struct verdict verdict;

	if (error && error != ENOEXEC) {
		target_say_error(&target, question->command[0], error);
		return EXIT_OURS;
	}
	target_read_libraries(&target);
	lookalikes_warn(environ, true);
	settings_options_sources(&question->options, &sources);
	if (!sources_read(&sources, &program, &settings, true) ||
	    (settings.on && !library_find(question->library, target.elf.abi, &library)))
		return EXIT_OURS;
	judge_program(&target, error, &library, &settings, &verdict);
	advise_file(&verdict, &sources);
	return report(&(struct answer){
		.question = question,
		.executable = target.executable,
		.verdict = &verdict,
		.by = verdict.obstacle == OBSTACLE_NONE ? "preload" : NULL,
		.settings = &settings,
		.sources = &sources,
	});
}

/*
 * The settings of a process, from what it was started with and the host's file as it sees it now.
 */
static void read_settings_of(pid_t pid, const struct process_check *checked,
			     const struct program *program, struct sources *sources,
			     struct settings *settings)
{
	*sources = (struct sources){ .refused = { false } };
	if (!checked->privileged)
		sources->texts = checked->texts;
	if (!checked->kernel && !checked->hidden)
		sources_add_host_file_of(sources, pid);
	if (checked->file_changed)
		warning(HOST_FILE " has changed since process %d was started, which uses what "
				  "it contained then",
			(int)pid);
	sources_read(sources, program, settings, false);
}

/* Whether its control group gives it keepalive, if nothing else does or the group forces. */
static bool is_served_by_group(pid_t pid, const struct target *target, struct settings *settings,
			       struct verdict *verdict, char **group)
{
	static struct settings of_group;
	unsigned missing;

	if (verdict->obstacle == OBSTACLE_KERNEL ||
	    !attached_serve(pid, &of_group, group, &missing))
		return false;
	if (!verdict->obstacle && !of_group.base.force) {
		free(*group);
		*group = NULL;
		return false;
	}
	settings_copy(settings, &of_group);
	if (missing)
		warning("its control group is half attached: see keepalive cgroup list");
	judge_served_by_group(target, settings, verdict);
	return true;
}

static int answer_process(const struct question *question, pid_t pid)
{
	static struct settings settings;
	static struct sources sources;
	static struct target target;
	char line[256];
	struct text why = TEXT(line);
	struct process process;
	struct program program;
	struct process_check checked;
	struct verdict verdict;
	struct deviation sockets = { 0 };
	char *group = NULL;
	bool grouped;
	int status;

	if (!process_numbers_hold())
		return EXIT_OURS;
	if (!process_read(&process, pid, &why)) {
		message("%.*s", (int)(why.next - why.start), why.start);
		return EXIT_OURS;
	}
	target_of_process(&process, &target);
	program = target_program(&target);
	check_process(pid, target.elf.abi.class, &checked);
	read_settings_of(pid, &checked, &program, &sources, &settings);
	judge_process(&process, &target, &checked, &settings, &verdict);
	advise_file(&verdict, &sources);
	grouped = is_served_by_group(pid, &target, &settings, &verdict, &group);
	if (!verdict.obstacle && !grouped && !checked.emptied)
		deviation_read(pid, &settings, &sockets);
	status = report(&(struct answer){
		.question = question,
		.executable = target.executable,
		.verdict = &verdict,
		.by = verdict.obstacle     ? NULL
		      : grouped            ? "cgroup"
		      : checked.supervisor ? "supervision"
					   : "preload",
		.group = group,
		.settings = checked.emptied ? NULL : &settings,
		.sources = checked.hidden || checked.overwritten || checked.emptied || grouped
				   ? NULL
				   : &sources,
		.sockets = sockets,
	});
	free(checked.environment);
	free(group);
	return status;
}

/* The number of a process; 0 for the name of a command. */
static pid_t pid_of(const char *text)
{
	unsigned long number;

	return slice_number(slice_of(text), INT_MAX, &number) ? (pid_t)number : 0;
}

/* The words of a command, separated by blanks. */
static const char *in_one(char **words)
{
	static char line[1024];
	struct text text = TEXT(line);

	text.end--;
	for (unsigned i = 0; words[i]; i++) {
		text_string(&text, i ? " " : "");
		text_string(&text, words[i]);
	}
	*text.next = '\0';
	return line;
}

static bool settings_are_given(const struct settings_options *options)
{
	bool given = false;

	for (unsigned i = 0; i < VARIABLES; i++)
		given = given || options->text[i];
	return given;
}

int command_check(int argc, char **argv)
{
	struct question question = { .subject = NULL };
	const struct option_row rows[] = {
		{ .name = "json", .flag = &question.json },
		{ .name = "library", .text = &question.library },
		{ 0 },
	};
	const struct options options = {
		.help = help,
		.help_below = help_below,
		.in_front = true,
		.settings = &question.options,
		.rows = rows,
	};
	int status, pid;
	char **arguments = options_read(argc, argv, &options, &status);

	if (!arguments)
		return status;
	if (!arguments[0]) {
		message("check: expected a COMMAND or a PID (see --help)");
		return EXIT_OURS;
	}
	question.command = arguments;
	question.subject = in_one(arguments);
	pid = pid_of(arguments[0]);
	if (pid && arguments[1]) {
		message("check: unexpected argument '%s' after process %d (options go before it)",
			arguments[1], pid);
		return EXIT_OURS;
	}
	if (pid && (question.library || settings_are_given(&question.options))) {
		message("check: process %d has a library and settings of its own; options apply to "
			"a COMMAND only",
			pid);
		return EXIT_OURS;
	}
	return pid ? answer_process(&question, pid) : answer_command(&question);
}
