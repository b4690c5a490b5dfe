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
	int fd;      /* its folder, for close(2) */
	uint64_t id; /* as bpf(2) and the kernel's tables know it: the folder's inode */
	char *path;  /* from the mount on, "/" for the root; for free(3) */
};

/*
 * Opens what the user names: a folder below the mount, the path from there on
 * (system.slice/a.service), or a process, which means its group. Returns false, with what is wrong
 * in *why, if there is no such.
 */
bool group_open(struct group *group, const char *name, struct text *why);
bool group_open_process(struct group *group, pid_t pid, struct text *why);
void group_close(struct group *group);

/* Whether nothing is above it: the whole host. */
bool group_is_root(const struct group *group);

/* The group above. Returns false for the root, and if it cannot be opened. */
bool group_open_above(const struct group *group, struct group *above);

/* Calls visit for the group and every one below it, the upper ones first. */
void group_walk(const struct group *group, void visit(void *context, const struct group *group),
		void *context);

/* The processes in the group itself, into an array for free(3). Returns how many. */
size_t group_processes(const struct group *group, pid_t **pids);

#endif
