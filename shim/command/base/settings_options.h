/*
 * settings_options: the options of `run` and `attach` that mirror the variables.
 */
#ifndef KEEPALIVE_SETTINGS_OPTIONS_H
#define KEEPALIVE_SETTINGS_OPTIONS_H

#include <getopt.h>

#include "base/sources.h"

/*
 * What was given on the command line, by variable; NULL if it is silent. --rule may be
 * repeated: the rules are joined and come before those of KEEPALIVE_SHIM_RULES.
 */
struct settings_options {
	const char *text[VARIABLES];
};

/* getopt_long(3) entries, one for each setting; val is SETTINGS_OPTION + the variable. */
enum { SETTINGS_OPTION = 1000 };
#define SETTINGS_OPTION_ENTRY(symbol, variable, word, ...) \
	{ word, required_argument, NULL, SETTINGS_OPTION + VARIABLE_##symbol },
#define SETTINGS_OPTIONS \
	NUMBER_SETTINGS(SETTINGS_OPTION_ENTRY) OTHER_SETTINGS(SETTINGS_OPTION_ENTRY)

/*
 * Takes what getopt_long() returned. Returns whether it was one of SETTINGS_OPTIONS.
 */
bool settings_options_take(struct settings_options *options, int getopt_result,
			   const char *argument);

/*
 * The texts from the options and, if they are silent, from the environment, and if that is silent
 * from the host's file.
 */
void settings_options_sources(const struct settings_options *options, struct sources *sources);

/* sources_read() of these. */
bool settings_options_read(const struct settings_options *options, const struct program *program,
			   struct settings *settings, bool warnings);

/*
 * Puts the options into the environment as variables, for the program that is about to be started.
 */
void settings_options_export(const struct settings_options *options);

/* The part of --help about these options. */
const char *settings_options_help(void);

#endif
