/* settings_options: the options --idle, --interval and so on, read, checked and exported. */
#include "base/settings_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"

const char *settings_options_help(void)
{
#define LINE(symbol, variable, word, preset, words, accepted, argument, help, ...) \
	{ "--" word "=" argument, help, preset },
	static const struct {
		const char *option, *help, *preset;
	} lines[] = { NUMBER_SETTINGS(LINE) OTHER_SETTINGS(LINE) };
#undef LINE
	static char help[2048];
	size_t length = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		length += (size_t)snprintf(help + length, sizeof(help) - length,
					   *lines[i].preset ? "  %-24s %s (%s)\n" : "  %-24s %s\n",
					   lines[i].option, lines[i].help, lines[i].preset);
	return help;
}

bool settings_options_take(struct settings_options *options, int getopt_result,
			   const char *argument)
{
	int variable = getopt_result - SETTINGS_OPTION;
	char *joined;

	if (variable < 0 || variable >= VARIABLES)
		return false;
	if (variable == VARIABLE_RULES && options->text[variable]) {
		if (asprintf(&joined, "%s;%s", options->text[variable], argument) < 0)
			abort();
		argument = joined;
	}
	options->text[variable] = argument;
	return true;
}

/* The option's name for a variable that was given as one; NULL for one from the environment. */
static const char *option_given(const struct settings_options *options, enum variable variable)
{
	static char name[32];

	if (variable == VARIABLE_RULES && options->text[variable] &&
	    getenv(variable_name(variable)))
		return "--rule with KEEPALIVE_SHIM_RULES";
	if (!options->text[variable])
		return NULL;
	snprintf(name, sizeof(name), "--%s", setting_of(variable)->word);
	return name;
}

struct reading {
	const struct settings_options *options;
	bool warnings; /* wanted */
	bool holds;
};

static void complain(void *context, const struct complaint *complaint)
{
	struct reading *reading = context;
	char line[1024];
	struct text text = TEXT(line);

	if (complaint->warning && !reading->warnings)
		return;
	text_complaint(&text, complaint, option_given(reading->options, complaint->variable),
		       false);
	message("%s%.*s", complaint->warning ? "warning: " : "", (int)(text.next - text.start),
		text.start);
	reading->holds = reading->holds && complaint->warning;
}

/* What is in force for the variable: the option, the environment, or for rules both. */
static const char *effective(const struct settings_options *options, enum variable variable)
{
	const char *environment = getenv(variable_name(variable));
	const char *option = options->text[variable];
	char *joined;

	if (option && environment && variable == VARIABLE_RULES) {
		if (asprintf(&joined, "%s;%s", option, environment) < 0)
			abort();
		return joined;
	}
	return option ? option : environment;
}

bool settings_options_read(const struct settings_options *options, const struct program *program,
			   struct settings *settings, bool warnings)
{
	struct reading reading = { options, warnings, true };
	const char *text[VARIABLES];

	for (unsigned i = 0; i < VARIABLES; i++)
		text[i] = effective(options, i);
	settings_read(settings, text, program, complain, &reading);
	return reading.holds;
}

void settings_options_export(const struct settings_options *options)
{
	for (unsigned i = 0; i < VARIABLES; i++) {
		if (options->text[i] && setenv(variable_name(i), effective(options, i), 1) != 0)
			abort();
	}
}
