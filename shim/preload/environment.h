/*
 * environment: reads the settings from the process's environment at load, and from the host's file.
 */
#ifndef KEEPALIVE_ENVIRONMENT_H
#define KEEPALIVE_ENVIRONMENT_H

#include "host_file.h"

/*
 * Fills *settings from the KEEPALIVE_SHIM variables and, for those that are not set, from the
 * host's file. In a program with more privileges than its caller (AT_SECURE, getauxval(3)) the
 * environment belongs to the caller: it is not read, and only the file counts. Texts in *settings
 * may point into *file, which the caller closes. complain: as for settings_read(); its context is
 * the struct texts, or NULL for a line of the host's file that is not a setting.
 */
void environment_read(struct settings *settings, struct host_file *file,
		      complain_function *complain);

/* Whether the `keepalive run` above us has printed the warnings about these settings. */
bool environment_said(const struct texts *texts);

/*
 * How many descriptors, from 3 on, a service manager passed to this process: LISTEN_FDS if
 * LISTEN_PID is our process id (sd_listen_fds(3)), otherwise 0.
 */
int environment_listen_fds(void);

/*
 * Whether the descriptor can be a TCP socket, without a socket call: a service without network
 * access may be killed for getsockopt(2) (SystemCallFilter= of systemd.exec(5)), and its output may
 * be the journal's socket. The second number of JOURNAL_STREAM is that socket's inode.
 */
bool environment_may_be_tcp(int fd);

/* The base name of the executable, cut to the given size; "?" if it cannot be read. */
void environment_executable(char *name, size_t size);

#endif
