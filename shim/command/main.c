/* main: calls the subcommand. */
#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "base/nearest.h"
#include "command.h"
#include "program/target.h"

static const struct {
	const char *name;
	int (*call)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", command_run,
	  "run [OPTION...] [--] COMMAND [ARG...]\tstart COMMAND with keepalive" },
	{ "check", command_check,
	  "check [OPTION...] COMMAND [ARG...]|PID\treport whether the shim takes effect" },
	{ "status", command_status,
	  "status [OPTION...] [PID...]\tshow connections and their keepalive" },
	{ "attach", command_attach,
	  "attach [OPTION...] PID...\tset it on sockets that are open already" },
	{ "enable", command_enable, "enable [OPTION...] UNIT\tgive a systemd service keepalive" },
	{ "disable", command_disable, "disable [OPTION...] UNIT\tundo that" },
	{ "cgroup", command_cgroup,
	  "cgroup attach|list|detach|pin ...\tset it in the kernel, for a group" },
	{ "copy", command_copy, "copy [OPTION...] DIRECTORY\tcopy the library and this command" },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void help(FILE *out)
{
	fputs("Usage: keepalive COMMAND ...\n"
	      "TCP keepalive for programs that do not switch it on themselves.\n\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++) {
		size_t call = strcspn(commands[i].help, "\t");

		fprintf(out, "  %-38.*s %s\n", (int)call, commands[i].help,
			commands[i].help + call + 1);
	}
	fputs("\nSee keepalive help COMMAND, keepalive(1) and keepalive-shim(7).\n", out);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static void say_unknown(char *word)
{
	static struct target target;
	struct nearest nearest = { 0 };

	for (size_t i = 0; i < COMMANDS; i++)
		nearest_consider(&nearest, word, commands[i].name);
	nearest_consider(&nearest, word, "help");
	nearest_consider(&nearest, word, "--help");
	nearest_consider(&nearest, word, "--version");
	if (nearest.word)
		message("unknown command '%s'; did you mean '%s'?", word, nearest.word);
	else if (*word == '-')
		message("unknown option '%s'; a command's options come after its name (keepalive "
			"--help)",
			word);
	else if (target_find((char *[]){ word, NULL }, &target) == 0)
		message("unknown command '%s'; to start that program: keepalive run %s ...", word,
			word);
	else
		message("unknown command '%s' (keepalive --help lists the commands)", word);
}

static int call(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return EXIT_OURS;
	}
	if (is_one_of(argv[1], "help", "--help", "-h")) {
		static char option[] = "--help";
		char *named[] = { argv[0], argc > 2 ? argv[2] : NULL, option, NULL };

		if (argc > 2 && !is_one_of(argv[2], "help", "--help", "-h"))
			return call(3, named);
		help(stdout);
		return 0;
	}
	if (is_one_of(argv[1], "version", "--version", "-V")) {
		puts("keepalive " VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].call(argc - 1, argv + 1);
	}
	say_unknown(argv[1]);
	return EXIT_OURS;
}

/* A program that reads part of the answer must not take it for the whole. */
int main(int argc, char **argv)
{
	int status = call(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	message("standard output: not everything was written");
	return EXIT_OURS;
}
