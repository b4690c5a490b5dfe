/* open_sockets: the sockets of a control group that are open already. */
#ifndef KEEPALIVE_OPEN_SOCKETS_H
#define KEEPALIVE_OPEN_SOCKETS_H

#include "cgroup/group.h"
#include "cgroup/programs.h"

/* Processes whose open sockets were not all reached. */
struct unarmed {
	unsigned refused; /* we may not copy their descriptors */
	unsigned hidden;  /* in a PID namespace that is not below ours */
};

/*
 * Sets their options as decide() decides and as the programs of the emission would: of the sockets
 * that belong to the group or one below it, if the kernel has an iterator (iterator.h), and of
 * those that processes in these groups have open, as `keepalive attach` does, without printing
 * lines. Values that earlier settings gave them (NULL: none) are replaced. Returns how many
 * processes could not be inspected, with the reason for one of those refused in *why.
 */
struct unarmed open_sockets_arm(const struct group *group, const struct emission *emission,
				const struct settings *earlier, struct text *why);

#endif
