/*
 * attached: attaches programs to control groups, finds them, and detaches them.
 *
 * They stay attached by links (BPF_LINK_CREATE) that are pinned below /sys/fs/bpf/keepalive-shim/,
 * in a directory for each group that is named by the group's number, with the map of its settings.
 * They do not survive a reboot, or the group.
 */
#ifndef KEEPALIVE_ATTACHED_H
#define KEEPALIVE_ATTACHED_H

#include "cgroup/group.h"
#include "cgroup/loader.h"

/*
 * Waits until no other attach or detach is at work on the group, and keeps them waiting until
 * attached_unlock(). Returns a descriptor, or -1 with what is wrong in *why: no mount of bpf, or a
 * directory there that others can write.
 */
int attached_lock(const struct group *group, struct text *why);
void attached_unlock(const struct group *group, int fd);

/* The same for the shared maps, for a shorter time: between the two above, if the group is locked. */
int attached_lock_maps(struct text *why);
void attached_unlock_maps(int fd);

/*
 * Attaches the programs to the group, or replaces those that are attached. The caller has both locks.
 * Returns false, with what is wrong in *why; then a group that had none still has none.
 */
bool attached_put(const struct group *group, const struct loaded *loaded, struct text *why);

enum removal { REMOVAL_DONE, REMOVAL_NOTHING, REMOVAL_REFUSED };

/* Detaches what attached_put() attached. *why is the reason if that is nothing, or refused. */
enum removal attached_remove(const struct group *group, struct text *why);

/* The same for every group, also for those that are gone; *why is set only if it is refused. */
enum removal attached_remove_all(struct text *why);

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
 * The same without CAP_SYS_ADMIN, for what attached_put() has attached. EPERM: there are programs
 * that may be ours.
 */
int attached_find_pinned(const struct group *group,
			 void visit(void *context, const struct attached *attached), void *context);

/*
 * The settings that apply to the process by its group, or by the nearest group above it that has
 * some, or by one further above if only that has mode=force; stores the group's path in *path, for free(3), and what is missing there in *missing.
 * Returns false if there are none, or if they cannot be seen.
 */
bool attached_serve(pid_t pid, struct settings *settings, char **path, unsigned *missing);

#endif
