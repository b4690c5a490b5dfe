/*
 * supervisor_log: KEEPALIVE_SHIM_LOG for supervised programs, with the same lines as the preload's.
 *
 * A line is one write. Nothing here blocks; what cannot be written is dropped.
 */
#ifndef KEEPALIVE_SUPERVISOR_LOG_H
#define KEEPALIVE_SUPERVISOR_LOG_H

#include <sys/types.h>

#include "decide.h"

/*
 * To be called while standard error is still the program's. Returns the descriptor that must stay
 * open for the log, -1 for none.
 */
int supervisor_log_start(const struct settings *those);

/*
 * The thread whose socket the next lines are about. To be called while it waits for us, because it
 * may end soon after.
 */
void supervisor_log_caller(pid_t thread);

/* "keepalive-shim[PID] PROGRAM: " and the text. All do nothing if the log is off. */
__attribute__((format(printf, 1, 2))) void supervisor_log(const char *format, ...);

/* A line of log_line.h about a socket that becomes a client or a listener (without a peer). */
void supervisor_log_socket(int fd, enum role role, const struct endpoint *local,
			   const struct endpoint *peer, const struct standing *standing);

/* The same about a new socket, which got the profile with that number. */
void supervisor_log_new(int fd, unsigned number);

#endif
