/*
 * options: parses the command line of a subcommand by a table of its options, with --help,
 * --version and, if it takes them, the options of the settings. Messages name the subcommand and,
 * if an option is misspelt, the one that was most likely meant.
 */
#ifndef KEEPALIVE_OPTIONS_H
#define KEEPALIVE_OPTIONS_H

#include <stdbool.h>

#include "base/settings_options.h"

/* One option. Of flag, text and take one is set. */
struct option_row {
	const char *name;  /* without dashes; NULL ends the table */
	bool *flag;        /* takes no value: becomes true */
	const char **text; /* takes a value, which is stored here */

	/*
	 * Takes a value and gets the context. The value is NULL if it is optional and was left out.
	 * Returns false, after a message, if it is not accepted.
	 */
	bool (*take)(void *context, const char *value);
	bool optional; /* the value of take */
};

struct options {
	const char *help; /* printed by --help, followed by the lines of the settings */
	const char *
		help_below; /* printed after these, before the name of the manual page; may be NULL */
	bool in_front;      /* options end at the first argument that is not an option */
	struct settings_options *settings; /* the options of the settings; NULL if it takes none */
	void *context;                     /* for take */
	const struct option_row *rows;
};

/*
 * Parses the options. argv[0] is the subcommand's name. -h and -V mean --help and --version, and a
 * name may be abbreviated. Returns the arguments that are not options, followed by NULL; or NULL if
 * there is nothing left to do, with the exit status in *status.
 */
char **options_read(int argc, char **argv, const struct options *options, int *status);

/* Reports a name that is not in a table of names, and the most similar one, if any. */
void options_say_unknown_word(const char *command, const char *word, const char *const *words);

#endif
