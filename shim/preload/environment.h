/*
 * environment: the settings from the environment of the process, as it is at load.
 */
#ifndef KEEPALIVE_ENVIRONMENT_H
#define KEEPALIVE_ENVIRONMENT_H

#include "variables.h"

/*
 * Fills *settings from the KEEPALIVE_SHIM variables. In a program that runs with more privileges than its
 * caller (AT_SECURE, getauxval(3)) the environment is the caller's: it is not looked at, the defaults
 * hold. complain: as for settings_read(), its context is NULL.
 */
void environment_read(struct settings *settings, complain_function *complain);

/*
 * How many descriptors, from 3 on, a service manager handed to this very process: LISTEN_FDS where
 * LISTEN_PID is us (sd_listen_fds(3)); 0 otherwise.
 */
int environment_listen_fds(void);

/*
 * The inode of the socket that leads to systemd's journal, on which standard output and error may be
 * open: the second number of JOURNAL_STREAM (systemd.exec(5)); 0 where there is none.
 */
unsigned long environment_journal(void);

/* The base name of the executable; "?" where it cannot be read. Cut to the size given. */
void environment_executable(char *name, size_t size);

#endif
