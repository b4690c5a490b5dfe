/* open_sockets: the sockets of a control group that are open already. */
#ifndef KEEPALIVE_OPEN_SOCKETS_H
#define KEEPALIVE_OPEN_SOCKETS_H

#include "cgroup/group.h"
#include "cgroup/programs.h"

/*
 * Arms them, as decide() has it and as the programs of the emission would have: those that belong
 * to the group or one below it, where the kernel has an iterator (iterator.h), and those that
 * processes in these groups hold, as `keepalive attach` does, without a line for each. What was
 * given them by earlier settings (NULL: none) is replaced. Returns how many processes may not be
 * looked into; the reason for one of them in *why.
 */
unsigned open_sockets_arm(const struct group *group, const struct emission *emission,
			  const struct settings *earlier, struct text *why);

#endif
