/*
 * attached: attaches programs to control groups, finds them, and detaches them.
 *
 * They stay attached by links (BPF_LINK_CREATE) that are pinned below /sys/fs/bpf/keepalive-shim/,
 * in a directory for each group that is named by the group's number. They do not survive a reboot,
 * or the group.
 */
#ifndef KEEPALIVE_ATTACHED_H
#define KEEPALIVE_ATTACHED_H

#include "cgroup/group.h"
#include "cgroup/loader.h"

#define PINS "/sys/fs/bpf/keepalive-shim"

/*
 * Attaches the programs to the group, or replaces those that are attached. Returns false, with what
 * is wrong in *why; then a group that had none still has none.
 */
bool attached_put(const struct group *group, const struct loaded *loaded, struct text *why);

/*
 * Detaches what attached_put() attached. Returns false, with the reason in *why, if there is
 * nothing.
 */
bool attached_remove(const struct group *group, struct text *why);

/* The same for every group, also for those that are gone. Returns how many there were. */
unsigned attached_remove_all(void);

/*
 * Our programs on a group: their settings, and whether attached_put() attached them or somebody
 * else (systemd). An attached_put() that was killed has attached some of them only.
 */
struct attached {
	const struct group *group;
	struct settings settings;
	bool by_us;
	unsigned missing; /* programs that the settings need: bits 1 << enum program_kind */
};

/* "without connect4 and sock_ops" */
void text_missing(struct text *text, unsigned missing);

/*
 * Calls visit for each set of our programs on the group itself. Returns 0, or an errno: EPERM if
 * they cannot be seen.
 */
int attached_find(const struct group *group,
		  void visit(void *context, const struct attached *attached), void *context);

/*
 * The settings that apply to the process by its group, or by the nearest group above it that has
 * some; stores the group's path in *path, for free(3), and what is missing there in *missing.
 * Returns false if there are none, or if they cannot be seen.
 */
bool attached_serve(pid_t pid, struct settings *settings, char **path, unsigned *missing);

#endif
