/* options: reads the options of a subcommand and explains the wrong ones. */
#include "base/options.h"

#include <string.h>

#include "base/message.h"
#include "base/nearest.h"

/* The option's own name: between the dashes and an equals sign. */
static void copy_name(const char *argument, char *name, size_t size)
{
	size_t length;

	argument += strspn(argument, "-");
	length = strcspn(argument, "=");
	if (length > size - 1)
		length = size - 1;
	memcpy(name, argument, length);
	name[length] = '\0';
}

/* How many of the options begin so: getopt_long() takes the start of a name for the name. */
static unsigned beginning_with(const char *name, const struct option *options)
{
	unsigned count = 0;

	for (; options->name; options++)
		count += strncmp(name, options->name, strlen(name)) == 0;
	return count;
}

static void say_unknown(const char *command, const char *argument, const struct option *options)
{
	struct nearest nearest = { 0 };
	char name[64];

	copy_name(argument, name, sizeof(name));
	if (beginning_with(name, options) > 1) {
		message("%s: option '--%s' stands for more than one (keepalive %s --help lists "
			"them)",
			command, name, command);
		return;
	}
	for (const struct option *option = options; option->name; option++)
		nearest_consider(&nearest, name, option->name);
	if (nearest.word)
		message("%s: unknown option '%s'; did you mean '--%s'?", command, argument,
			nearest.word);
	else
		message("%s: unknown option '%s' (keepalive %s --help lists them)", command,
			argument, command);
}

int options_next(int argc, char **argv, bool in_front, const struct option *options)
{
	int option = getopt_long(argc, argv, in_front ? "+:hV" : ":hV", options, NULL);
	char letter[] = { '-', (char)optopt, '\0' };

	switch (option) {
	case 'h':
		return OPTION_HELP;
	case 'V':
		return OPTION_VERSION;
	case ':':
		message("%s: option '%s' takes a value (keepalive %s --help tells which)", argv[0],
			argv[optind - 1], argv[0]);
		return OPTION_WRONG;
	case '?':
		break;
	default:
		return option;
	}
	if (optopt >= OPTION_OWN) /* a long one that is known */
		message("%s: option '%s' takes no value", argv[0], argv[optind - 1]);
	else
		say_unknown(argv[0], optopt ? letter : argv[optind - 1], options);
	return OPTION_WRONG;
}
