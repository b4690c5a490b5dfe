/*
 * group: a control group of version 2 (cgroups(7)), found by its path or by a process in it.
 */
#ifndef KEEPALIVE_GROUP_H
#define KEEPALIVE_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

struct group {
	int fd;      /* its directory, for close(2) */
	uint64_t id; /* its number in bpf(2) and the kernel's tables: the directory's inode */
	char *path;  /* its path below the mount, "/" for the root; for free(3) */
};

/*
 * Opens the group that the user names: a directory of a mount of cgroup2, a path below it
 * (system.slice/a.service), a process, which means its group, or "self", which means ours. Returns
 * false, with what is wrong in *why, if there is no such group.
 */
bool group_open(struct group *group, const char *name, struct text *why);
bool group_open_process(struct group *group, pid_t pid, struct text *why);
void group_close(struct group *group);

/* Whether it is the root: the whole host. */
bool group_is_root(const struct group *group);

/* The parent group. Returns false for the root, or if it cannot be opened. */
bool group_open_above(const struct group *group, struct group *above);

/*
 * Calls visit for the group and every one below it, parents first. Warns if some cannot be read.
 */
void group_walk(const struct group *group, void visit(void *context, const struct group *group),
		void *context);

/*
 * The processes in the group itself, or that have a thread there if it is a threaded one, into an
 * array for free(3). Returns how many. *hidden: how many more there are that have no number here,
 * because our PID namespace does not contain theirs; may be NULL.
 */
size_t group_processes(const struct group *group, pid_t **pids, unsigned *hidden);

#endif
