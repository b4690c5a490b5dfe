/*
 * credentials: the user and the groups by whom a file, and so a socket, is opened (credentials(7)).
 * They are each thread's own.
 */
#ifndef KEEPALIVE_CREDENTIALS_H
#define KEEPALIVE_CREDENTIALS_H

#include <stdbool.h>
#include <sys/types.h>

enum { CREDENTIAL_GROUPS_MAX = 128 };

struct credentials {
	uid_t uid; /* fsuid, fsgid */
	gid_t gid;
	int count; /* of the supplementary groups; -1: more than fit */
	gid_t groups[CREDENTIAL_GROUPS_MAX];
};

/* From the text of proc(5)'s status. Returns false if it is not all there. */
bool credentials_read(struct credentials *credentials, const char *status);

bool credentials_same_groups(const struct credentials *a, const struct credentials *b);

/*
 * The calling thread takes on those of another, which differ from its own. Returns false, with
 * nothing changed, if that is not permitted.
 */
bool credentials_take(const struct credentials *own, const struct credentials *other);

/* Back to its own. */
void credentials_return(const struct credentials *own, const struct credentials *other);

#endif
