/* settings_options: parses, checks and exports the options --idle, --interval and so on. */
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

const char *settings_options_name(enum variable variable)
{
#define NAME(symbol, variable, word, ...) [VARIABLE_##symbol] = "--" word,
	static const char *const names[VARIABLES] = { NUMBER_SETTINGS(NAME) OTHER_SETTINGS(NAME) };
#undef NAME

	return names[variable];
}

void settings_options_take(struct settings_options *options, enum variable variable,
			   const char *value)
{
	char *joined;

	if (!*value)
		return;
	if (variable == VARIABLE_RULES && options->text[variable]) {
		if (asprintf(&joined, "%s;%s", options->text[variable], value) < 0)
			abort();
		value = joined;
	}
	options->text[variable] = value;
}

/*
 * The option's name for messages; NULL if it was not given. Until then, the text comes from
 * elsewhere.
 */
static const char *option_name(const struct settings_options *options, enum variable variable,
			       const char *elsewhere, bool from_file)
{
	if (!options->text[variable])
		return NULL;
	if (variable == VARIABLE_RULES && elsewhere && *elsewhere && !from_file)
		return "--rule with KEEPALIVE_SHIM_RULES";
	return settings_options_name(variable);
}

/* As rules_read() counts them. */
static unsigned count_rules(const char *rules)
{
	struct slice rest = slice_of(rules), rule;
	unsigned count = 0;

	while ((rule = slice_next(&rest, ";\n")).length)
		count += slice_next(&rule, " \t").length != 0;
	return count;
}

/* Rules come before those from elsewhere; other options replace them. */
static const char *with_option(const struct settings_options *options, enum variable variable,
			       const char *elsewhere)
{
	const char *option = options->text[variable];
	char *joined;

	if (option && elsewhere && variable == VARIABLE_RULES) {
		if (asprintf(&joined, "%s;%s", option, elsewhere) < 0)
			abort();
		return joined;
	}
	return option ? option : elsewhere;
}

void settings_options_sources(const struct settings_options *options, struct sources *sources)
{
	struct texts *texts = &sources->texts;

	*sources = (struct sources){ .refused = { false } };
	for (unsigned i = 0; i < VARIABLES; i++)
		texts->text[i] = getenv(variable_name(i));
	sources_add_host_file(sources);
	if (options->text[VARIABLE_RULES]) {
		sources->own_rules = count_rules(options->text[VARIABLE_RULES]);
		sources->rules_line = texts->line[VARIABLE_RULES];
	}
	for (unsigned i = 0; i < VARIABLES; i++) {
		sources->option[i] = option_name(options, i, texts->text[i], texts->line[i] != 0);
		texts->text[i] = with_option(options, i, texts->text[i]);
		if (options->text[i])
			texts->line[i] = 0;
	}
}

bool settings_options_read(const struct settings_options *options, const struct program *program,
			   struct settings *settings, bool warnings)
{
	struct sources sources;

	settings_options_sources(options, &sources);
	return sources_read(&sources, program, settings, warnings);
}

void settings_options_export(const struct settings_options *options, const struct sources *sources)
{
	char said[SAYING_SIZE];

	if (sources_saying(sources, said) && setenv(SAID_VARIABLE, said, 1) != 0)
		abort();
	for (unsigned i = 0; i < VARIABLES; i++) {
		if (options->text[i] && setenv(variable_name(i), sources->texts.text[i], 1) != 0)
			abort();
	}
}
