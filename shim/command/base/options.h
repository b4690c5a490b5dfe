/*
 * options: the command line of a subcommand, read by a table of its options: with --help,
 * --version, those of the settings if it takes them, and messages that name the subcommand and, if
 * an option is misspelt, the one that was most likely meant.
 */
#ifndef KEEPALIVE_OPTIONS_H
#define KEEPALIVE_OPTIONS_H

#include <stdbool.h>

#include "base/settings_options.h"

/* One option. Of flag, text and take one is set. */
struct option_row {
	const char *name;  /* without dashes; NULL ends the table */
	bool *flag;        /* takes no value: becomes true */
	const char **text; /* takes a value, which is put here */

	/*
	 * Takes a value and is given the context; NULL if the value is optional and was left out.
	 * Returns false, after a message, if it does not hold.
	 */
	bool (*take)(void *context, const char *value);
	bool optional; /* the value of take */
};

struct options {
	const char *help; /* printed by --help, with the settings' own lines behind */
	const char *
		help_below; /* printed after these, before the name of the manual page; NULL: nothing */
	bool in_front;      /* options end at the first argument that is none */
	struct settings_options *settings; /* where these go; NULL: it takes none */
	void *context;                     /* for take */
	const struct option_row *rows;
};

/*
 * Reads the options. argv[0] is the subcommand's name; -h and -V stand for --help and --version, and
 * the start of a name for the name. Returns the arguments that are no options, NULL behind them;
 * or NULL if there is nothing left to do, with the exit status in *status.
 */
char **options_read(int argc, char **argv, const struct options *options, int *status);

/* Reports a name that a table of names does not have, and the nearest one if there is one. */
void options_say_unknown_word(const char *command, const char *word, const char *const *words);

#endif
