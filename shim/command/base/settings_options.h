/*
 * settings_options: the options that mirror the variables, for the subcommands that take them.
 */
#ifndef KEEPALIVE_SETTINGS_OPTIONS_H
#define KEEPALIVE_SETTINGS_OPTIONS_H

#include <stdbool.h>

#include "base/sources.h"

/*
 * The values from the command line, by variable; NULL if it was not given. --rule may be repeated:
 * the rules are joined and come before those of KEEPALIVE_SHIM_RULES.
 */
struct settings_options {
	const char *text[VARIABLES];
};

/* "--idle" and so on; NULL if the variable has no option. */
const char *settings_options_name(enum variable variable);

/* Stores the value of its option; an empty one counts as not given, as of a variable. */
void settings_options_take(struct settings_options *options, enum variable variable,
			   const char *value);

/*
 * The texts from the options, from the environment for what is not given there, and from the host's
 * file for what is set in neither.
 */
void settings_options_sources(const struct settings_options *options, struct sources *sources);

/* sources_read() for these. */
bool settings_options_read(const struct settings_options *options, const struct program *program,
			   struct settings *settings, bool warnings);

/*
 * Puts the options into the environment as variables, for the program that is about to be started,
 * and SAID_VARIABLE if there were warnings. sources: settings_options_sources() of the options.
 */
void settings_options_export(const struct settings_options *options, const struct sources *sources);

/* The part of --help about these options. */
const char *settings_options_help(void);

#endif
