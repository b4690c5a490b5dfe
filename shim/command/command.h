/*
 * command: what the subcommands of keepalive(1) have in common.
 */
#ifndef KEEPALIVE_COMMAND_H
#define KEEPALIVE_COMMAND_H

/* Exit statuses of our own, as env(1) and timeout(1) have them. */
enum { EXIT_OURS = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

/*
 * The subcommands, as main() calls them: argv[0] is the subcommand's name. Each returns the exit
 * status of the process.
 */
int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_status(int argc, char **argv);
int command_attach(int argc, char **argv);

/* "keepalive: " and the message, printable, one line on standard error. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
