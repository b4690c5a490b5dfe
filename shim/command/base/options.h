/*
 * options: getopt_long(3) for every subcommand, with messages that name the subcommand and, for
 * what is misspelt, the option that was most likely meant.
 */
#ifndef KEEPALIVE_OPTIONS_H
#define KEEPALIVE_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

/* A subcommand's own options have vals from OPTION_OWN on, those of settings are above. */
enum { OPTION_WRONG = '?', OPTION_OWN = 256, OPTION_HELP = 900, OPTION_VERSION };

/* The last entries of each subcommand's options. */
#define COMMON_OPTIONS \
	{ "help", no_argument, NULL, OPTION_HELP }, \
		{ "version", no_argument, NULL, OPTION_VERSION }, \
	{ \
		NULL, 0, NULL, 0 \
	}

/*
 * The next option's val; -1 at the end; OPTION_WRONG after a message. argv[0] is the subcommand's
 * name; -h and -V stand for --help and --version. in_front: options end at the first argument that
 * is none.
 */
int options_next(int argc, char **argv, bool in_front, const struct option *options);

#endif
