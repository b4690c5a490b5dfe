/* options: turns a table of options into one for getopt_long(3), and handles its results. */
#include "base/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "base/nearest.h"

/* The results of getopt_long(): a row's number or a setting's, from these on. */
enum { ROW = 256, SETTING = ROW + 64, HELP = SETTING + VARIABLES, VERSION_ASKED };
enum { OPTIONS_MAX = VERSION_ASKED - ROW + 2 };

static int has_argument(const struct option_row *row)
{
	if (row->flag)
		return no_argument;
	return row->optional ? optional_argument : required_argument;
}

static void make_names(const struct options *options, struct option *names)
{
	for (int i = 0; options->rows[i].name; i++)
		*names++ = (struct option){ options->rows[i].name, has_argument(&options->rows[i]),
					    NULL, ROW + i };
	for (int i = 0; options->settings && i < VARIABLES; i++) {
		const char *name = settings_options_name(i);

		if (name)
			*names++ =
				(struct option){ name + 2, required_argument, NULL, SETTING + i };
	}
	*names++ = (struct option){ "help", no_argument, NULL, HELP };
	*names++ = (struct option){ "version", no_argument, NULL, VERSION_ASKED };
	*names = (struct option){ NULL, 0, NULL, 0 };
}

/* The option's name, between the dashes and an equals sign. */
static void copy_name(const char *argument, char *name, size_t size)
{
	argument += strspn(argument, "-");
	snprintf(name, size, "%.*s", (int)strcspn(argument, "="), argument);
}

/* How many of the options begin like this: getopt_long() accepts abbreviations. */
static unsigned beginning_with(const char *name, const struct option *names)
{
	unsigned count = 0;

	for (; names->name; names++)
		count += strncmp(name, names->name, strlen(name)) == 0;
	return count;
}

static void say_unknown(const char *command, const char *argument, const struct option *names)
{
	struct nearest nearest = { 0 };
	char name[64];

	copy_name(argument, name, sizeof(name));
	if (strncmp(argument, "--", 2) == 0 && beginning_with(name, names) > 1) {
		message("%s: option '--%s' is ambiguous (keepalive %s --help lists the options)",
			command, name, command);
		return;
	}
	for (; names->name; names++)
		nearest_consider(&nearest, name, names->name);
	if (nearest.word)
		message("%s: unknown option '%s'; did you mean '--%s'?", command, argument,
			nearest.word);
	else
		message("%s: unknown option '%s' (keepalive %s --help lists the options)", command,
			argument, command);
}

/* Why getopt_long() refused the argument before optind. */
static void say_wrong(char **argv, int found, const struct option *names)
{
	char letter[] = { '-', (char)optopt, '\0' };

	if (found == ':')
		message("%s: option '%s' needs a value (see keepalive %s --help)", argv[0],
			argv[optind - 1], argv[0]);
	else if (optopt >= ROW) /* a long one that is known */
		message("%s: option '%s' takes no value", argv[0], argv[optind - 1]);
	else
		say_unknown(argv[0], optopt ? letter : argv[optind - 1], names);
}

static bool take(const struct options *options, int found)
{
	const struct option_row *row = &options->rows[found - ROW];

	if (found >= SETTING)
		settings_options_take(options->settings, found - SETTING, optarg);
	else if (row->flag)
		*row->flag = true;
	else if (row->text)
		*row->text = optarg;
	else
		return row->take(options->context, optarg);
	return true;
}

char **options_read(int argc, char **argv, const struct options *options, int *status)
{
	struct option names[OPTIONS_MAX];
	int found;

	make_names(options, names);
	*status = 0;
	optind = 0; /* start again, because one subcommand may call another */
	while ((found = getopt_long(argc, argv, options->in_front ? "+:hV" : ":hV", names, NULL)) !=
	       -1) {
		if (found == 'h' || found == HELP) {
			printf("%s%s%sManual: keepalive-%s(1).\n", options->help,
			       options->settings ? settings_options_help() : "",
			       options->help_below ? options->help_below : "", argv[0]);
			return NULL;
		}
		if (found == 'V' || found == VERSION_ASKED) {
			puts("keepalive " VERSION);
			return NULL;
		}
		if (found < ROW)
			say_wrong(argv, found, names);
		if (found < ROW || !take(options, found)) {
			*status = EXIT_OURS;
			return NULL;
		}
	}
	return argv + optind;
}

void options_say_unknown_word(const char *command, const char *word, const char *const *words)
{
	struct nearest nearest = { 0 };

	for (unsigned i = 0; words[i]; i++)
		nearest_consider(&nearest, word, words[i]);
	if (nearest.word)
		message("%s: unknown '%s'; did you mean '%s'?", command, word, nearest.word);
	else
		message("%s: unknown '%s' (see keepalive %s --help)", command, word, command);
}
