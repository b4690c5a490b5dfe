/*
 * attached: programs on control groups: put there, found there, taken off.
 *
 * They stay by links (BPF_LINK_CREATE) that are pinned below /sys/fs/bpf/keepalive-shim/, in a
 * folder for each group, named by its number. Nothing of it outlives the machine, or the group.
 */
#ifndef KEEPALIVE_ATTACHED_H
#define KEEPALIVE_ATTACHED_H

#include "cgroup/group.h"
#include "cgroup/loader.h"

#define PINS "/sys/fs/bpf/keepalive-shim"

/*
 * Attaches the programs to the group, or puts them in place of those that are. Returns false, with
 * what is wrong in *why; a group that had none then has none.
 */
bool attached_put(const struct group *group, const struct loaded *loaded, struct text *why);

/* Takes off what attached_put() put there. Returns false, with why in *why, if there is nothing. */
bool attached_remove(const struct group *group, struct text *why);

/* The same for every group, those that are gone too. Returns how many there were. */
unsigned attached_remove_all(void);

/*
 * What serves a group: its settings, and whether attached_put() put it there, or somebody else
 * (systemd).
 */
struct attached {
	const struct group *group;
	struct settings settings;
	bool by_us;
};

/*
 * Calls visit for each time that our programs are on the group itself. Returns 0, or an errno:
 * EPERM if that may not be seen.
 */
int attached_find(const struct group *group,
		  void visit(void *context, const struct attached *attached), void *context);

/*
 * The settings that serve the process: those of its group, or of the nearest above that has some;
 * the group's path into *path, for free(3). Returns false if there are none, or if that may not be
 * seen.
 */
bool attached_serve(pid_t pid, struct settings *settings, char **path);

#endif
