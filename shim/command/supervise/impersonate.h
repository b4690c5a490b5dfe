/*
 * impersonate: whether a socket made here is the one that another thread would have got.
 *
 * A socket belongs to the network namespace, the cgroup and the user of whoever makes it: firewalls,
 * routing and accounting go by these. A supervised thread has those of its supervisor until it changes
 * them.
 */
#ifndef KEEPALIVE_IMPERSONATE_H
#define KEEPALIVE_IMPERSONATE_H

#include <stdbool.h>
#include <sys/types.h>

struct impersonation {
	dev_t device; /* of our network namespace's /proc/net/dev */
	ino_t inode;  /* likewise */
	char cgroup[4096];
	uid_t uid; /* fsuid, fsgid: credentials(7) */
	gid_t gid;
	bool may_change_user; /* so the supervised may have done it too */
	bool changed;         /* impersonate() did it */
};

/* What we are ourselves. Returns false where /proc does not tell: then nothing can be compared. */
bool impersonation_init(struct impersonation *own);

/*
 * Takes on the user and group of the thread, where they differ. Returns false, with nothing changed,
 * where a socket made here would not be the same, or that cannot be seen.
 */
bool impersonate(struct impersonation *own, pid_t thread);

/* Back to our own user and group. */
void impersonate_end(struct impersonation *own);

#endif
