/*
 * command: what the subcommands of keepalive(1) have in common.
 */
#ifndef KEEPALIVE_COMMAND_H
#define KEEPALIVE_COMMAND_H

/*
 * The subcommands, as main() calls them: argv[0] is the subcommand's name. Each returns the exit
 * status of the process.
 */
int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_status(int argc, char **argv);
int command_attach(int argc, char **argv);
int command_enable(int argc, char **argv);
int command_disable(int argc, char **argv);
int command_cgroup(int argc, char **argv);
int command_copy(int argc, char **argv);

#endif
