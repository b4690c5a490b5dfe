/*
 * settings_options: the options of `run` and `attach` that mirror the variables.
 */
#ifndef KEEPALIVE_SETTINGS_OPTIONS_H
#define KEEPALIVE_SETTINGS_OPTIONS_H

#include <getopt.h>

#include "settings.h"

/*
 * What was given on the command line, by variable; NULL where the environment holds. --rule may be
 * repeated: the rules are joined and come before those of KEEPALIVE_SHIM_RULES.
 */
struct settings_options {
	const char *text[VARIABLES];
};

/*
 * getopt_long(3) entries for --idle, --interval, --count, --user-timeout, --rto-max, --role, --mode,
 * --rule, --log; val is SETTINGS_OPTION + the variable.
 */
enum { SETTINGS_OPTION = 1000 };
#define SETTINGS_OPTIONS \
	{ "idle", required_argument, NULL, SETTINGS_OPTION + VARIABLE_IDLE }, \
		{ "interval", required_argument, NULL, SETTINGS_OPTION + VARIABLE_INTERVAL }, \
		{ "count", required_argument, NULL, SETTINGS_OPTION + VARIABLE_COUNT }, \
		{ "user-timeout", required_argument, NULL, \
		  SETTINGS_OPTION + VARIABLE_USER_TIMEOUT }, \
		{ "rto-max", required_argument, NULL, SETTINGS_OPTION + VARIABLE_RTO_MAX }, \
		{ "role", required_argument, NULL, SETTINGS_OPTION + VARIABLE_ROLE }, \
		{ "mode", required_argument, NULL, SETTINGS_OPTION + VARIABLE_MODE }, \
		{ "rule", required_argument, NULL, SETTINGS_OPTION + VARIABLE_RULES }, \
	{ \
		"log", required_argument, NULL, SETTINGS_OPTION + VARIABLE_LOG \
	}

/*
 * Takes what getopt_long() returned. Returns whether it was one of SETTINGS_OPTIONS.
 */
bool settings_options_take(struct settings_options *options, int getopt_result,
			   const char *argument);

/*
 * Reads the settings from the options and, where they are silent, from the environment. Complaints go
 * to standard error under the name the user wrote (--idle or KEEPALIVE_SHIM_IDLE): those of bad values, and
 * warnings of such that hold all the same where these are wanted.
 * Returns false where a value does not hold.
 */
bool settings_options_read(const struct settings_options *options, const struct program *program,
			   struct settings *settings, bool warnings);

/*
 * Puts the options into the environment as variables, for the program that is about to be started.
 */
void settings_options_export(const struct settings_options *options);

/* The part of --help about these options. */
extern const char settings_options_help[];

#endif
