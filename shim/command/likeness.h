/*
 * likeness: whether a socket made here is the one that another thread would have got.
 *
 * A socket belongs to the network namespace, the cgroup and the user of whoever makes it: firewalls,
 * routing and accounting go by these. A supervised thread has those of its supervisor until it changes
 * them.
 */
#ifndef KEEPALIVE_LIKENESS_H
#define KEEPALIVE_LIKENESS_H

#include <stdbool.h>
#include <sys/types.h>

struct likeness {
	dev_t device; /* of our network namespace's /proc/net/dev */
	ino_t inode;  /* likewise */
	char cgroup[4096];
	uid_t uid; /* fsuid, fsgid: credentials(7) */
	gid_t gid;
	bool may_change_user; /* so the supervised may have done it too */
	bool changed;         /* likeness_assume() did it */
};

/* What we are ourselves. Returns false where /proc does not tell: then nothing can be compared. */
bool likeness_init(struct likeness *own);

/*
 * Takes on the user and group of the thread, where they differ. Returns false, with nothing changed,
 * where a socket made here would not be the same, or that cannot be seen.
 */
bool likeness_assume(struct likeness *own, pid_t thread);

/* Back to our own user and group. */
void likeness_drop(struct likeness *own);

#endif
