/*
 * log_line: the text of a line of the log (KEEPALIVE_SHIM_LOG), the same for the preload, a
 * supervisor and `attach`:
 *
 * keepalive-shim[3742] nginx: fd 9 client 10.0.0.4:43424 -> 10.0.0.9:8080: idle=60s interval=10s
 * count=6
 */
#ifndef KEEPALIVE_LOG_LINE_H
#define KEEPALIVE_LOG_LINE_H

#include "decide.h"

/* "keepalive-shim[PID] PROGRAM: " */
void text_log_start(struct text *text, unsigned long pid, const char *program);

/*
 * "fd 9 client 10.0.0.4:43424 -> 10.0.0.9:8080: ". as: "client", "server", "listener" or "socket".
 * An end that has no port (yet) is left out.
 */
void text_log_socket(struct text *text, int fd, const char *as, const struct endpoint *local,
		     const struct endpoint *peer);

/*
 * The socket's values, or why it was left alone: "idle=60s interval=10s count=6 by rule 2; the
 * program's own: idle", "left alone: KEEPALIVE_SHIM_ROLE=client". standing: its standing now, with
 * the profile that applies to it in this role. now: its options; NULL if they were not read, and
 * are taken to be the profile's. kernel: the values of a new socket.
 */
void text_log_outcome(struct text *text, const struct settings *settings, enum role role,
		      const struct standing *standing, const struct values *now,
		      const struct values *kernel);

#endif
