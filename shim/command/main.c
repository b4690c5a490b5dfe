/* keepalive(1): finds the subcommand. */
#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "command.h"

static const struct {
	const char *name;
	int (*call)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", command_run,
	  "run [OPTION...] [--] COMMAND [ARG...]\tstart COMMAND with keepalive" },
	{ "check", command_check,
	  "check [OPTION...] COMMAND|PID\ttell whether the shim takes effect there" },
	{ "status", command_status,
	  "status [OPTION...] [PID...]\tshow TCP connections and their keepalive" },
	{ "attach", command_attach,
	  "attach [OPTION...] PID\tarm the open sockets of a running process" },
};

static void help(void)
{
	puts("Usage: keepalive COMMAND ...\n"
	     "TCP keepalive for programs that do not switch it on themselves.\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t call = strcspn(commands[i].help, "\t");

		printf("  %-40.*s %s\n", (int)call, commands[i].help, commands[i].help + call + 1);
	}
	puts("\nkeepalive COMMAND --help tells more; so do keepalive(1) and keepalive-shim(7).");
}

static int call(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
		help();
		return 0;
	}
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		puts("keepalive " VERSION);
		return 0;
	}
	for (size_t i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].call(argc - 1, argv + 1);
	}
	if (argc < 2)
		message("no command given; one of run, check, status, attach (--help tells more)");
	else
		message("'%s' is no command; one of run, check, status, attach (--help tells more)",
			argv[1]);
	return EXIT_OURS;
}

/* A program that reads a part of the answer must not take it for the whole. */
int main(int argc, char **argv)
{
	int status = call(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	message("standard output: the rest was not written");
	return EXIT_OURS;
}
