/* open_sockets: the sockets that the processes of a control group have open already. */
#ifndef KEEPALIVE_OPEN_SOCKETS_H
#define KEEPALIVE_OPEN_SOCKETS_H

#include "cgroup/untouched.h"

/*
 * Arms them as `keepalive attach` does, without a line for each. What was given them by earlier
 * settings (NULL: none) is replaced. Returns how many processes may not be looked into; the reason
 * for one of them in *why.
 */
unsigned open_sockets_arm(const struct group *group, const struct settings *settings,
			  const struct settings *earlier, const struct untouched *untouched,
			  struct text *why);

#endif
