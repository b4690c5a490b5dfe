/*
 * supervisor_log: KEEPALIVE_SHIM_LOG for supervised programs; lines as the preload writes them.
 *
 * A line is one write. Nothing here blocks; what cannot be written is dropped.
 */
#ifndef KEEPALIVE_SUPERVISOR_LOG_H
#define KEEPALIVE_SUPERVISOR_LOG_H

#include <sys/types.h>

#include "settings.h"
#include "sockets/endpoint.h"

/*
 * Called while standard error is still the program's. Returns the descriptor that has to stay open
 * for the log, -1 for none.
 */
int supervisor_log_start(const struct settings *settings);

/* Whose socket the next lines are about; told while it waits for us, since it may soon be gone. */
void supervisor_log_caller(pid_t thread);

/* "keepalive-shim[PID] PROGRAM: " and the text. All do nothing where the log is off. */
__attribute__((format(printf, 1, 2))) void supervisor_log(const char *format, ...);

/* What the socket got: "fd 3 client -> 10.0.0.1:80: idle=60s interval=10s count=6 by rule 1". */
void supervisor_log_profile(int fd, const char *as, const struct endpoint *end,
			    const struct settings *settings, unsigned number);

#endif
