/* untouched: the values of new sockets in the network namespaces that a group uses. */
#ifndef KEEPALIVE_UNTOUCHED_H
#define KEEPALIVE_UNTOUCHED_H

#include "cgroup/group.h"
#include "cgroup/programs.h"

/*
 * The defaults of every network namespace, and the net.ipv4.tcp_keepalive_* of our own and of those
 * that processes of the group (NULL: none) and of groups below it are in.
 */
void untouched_read(struct untouched *untouched, const struct group *group);
void untouched_free(struct untouched *untouched);

/* The values of a new socket of the process, as far as they could be read. */
const struct values *untouched_of(const struct untouched *untouched, pid_t pid);

#endif
