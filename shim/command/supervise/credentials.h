/*
 * credentials: the user and the groups that own a new file, and so a socket (credentials(7)). Each
 * thread has its own.
 */
#ifndef KEEPALIVE_CREDENTIALS_H
#define KEEPALIVE_CREDENTIALS_H

#include <stdbool.h>
#include <sys/types.h>

enum { CREDENTIAL_GROUPS_MAX = 128 };

struct credentials {
	uid_t uid; /* fsuid, fsgid */
	gid_t gid;
	int count; /* number of supplementary groups; -1: more than fit */
	gid_t groups[CREDENTIAL_GROUPS_MAX];
};

/* Reads them from the text of proc(5)'s status. Returns false if it is incomplete. */
bool credentials_read(struct credentials *credentials, const char *status);

bool credentials_same_groups(const struct credentials *a, const struct credentials *b);

/*
 * Gives the calling thread those of another, which differ from its own. Returns false, with nothing
 * changed, if that is not permitted.
 */
bool credentials_take(const struct credentials *own, const struct credentials *other);

/* Restores the thread's own. */
void credentials_return(const struct credentials *own, const struct credentials *other);

#endif
