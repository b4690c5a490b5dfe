/* untouched: what the options of a new socket are, where the processes of a group make theirs. */
#ifndef KEEPALIVE_UNTOUCHED_H
#define KEEPALIVE_UNTOUCHED_H

#include "cgroup/group.h"
#include "cgroup/programs.h"

/*
 * What every network namespace begins with, and the net.ipv4.tcp_keepalive_* of our own, and of
 * those that the processes of the group (NULL: none) and below are in, as many as there is room
 * for.
 */
void untouched_read(struct untouched *untouched, const struct group *group);

/* What a new socket of the process has, as far as it was read. */
const struct values *untouched_of(const struct untouched *untouched, pid_t pid);

#endif
