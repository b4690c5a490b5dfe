/* credentials: reads a thread's user and groups, and takes them on. */
#include "supervise/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/proc.h"

/*
 * setgroups(2) for one thread; the C library's applies to all. Some 32-bit architectures have an
 * older call.
 */
#ifdef SYS_setgroups32
enum { SET_GROUPS = SYS_setgroups32 };
#else
enum { SET_GROUPS = SYS_setgroups };
#endif

/* The last of the four numbers after "Uid:" or "Gid:": the file system's. */
static bool read_id(const char *status, const char *name, unsigned *id)
{
	const char *at = proc_status_field(status, name);
	char *end;

	for (unsigned i = 0; i < 4; i++) {
		*id = (unsigned)strtoul(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	return true;
}

static bool read_groups(struct credentials *credentials, const char *status)
{
	const char *at = proc_status_field(status, "Groups");
	char *end;

	credentials->count = 0;
	for (; *at && *at != '\n'; at = end + strspn(end, " ")) {
		gid_t group = (gid_t)strtoul(at, &end, 10);

		if (end == at)
			return false;
		if (credentials->count < 0 || credentials->count == CREDENTIAL_GROUPS_MAX)
			credentials->count = -1;
		else
			credentials->groups[credentials->count++] = group;
	}
	if (!*at)
		credentials->count = -1; /* more than the text had room for */
	return true;
}

bool credentials_read(struct credentials *credentials, const char *status)
{
	return read_id(status, "Uid", &credentials->uid) &&
	       read_id(status, "Gid", &credentials->gid) && read_groups(credentials, status);
}

bool credentials_same_groups(const struct credentials *a, const struct credentials *b)
{
	return a->count >= 0 && a->count == b->count &&
	       memcmp(a->groups, b->groups, (size_t)a->count * sizeof(*a->groups)) == 0;
}

static bool set_groups(const struct credentials *credentials)
{
	return syscall(SET_GROUPS, credentials->count, credentials->groups) == 0;
}

/* These two return the previous value, and no error. */
static bool set_user(const struct credentials *credentials)
{
	setfsgid(credentials->gid);
	setfsuid(credentials->uid);
	return setfsuid((uid_t)-1) == (int)credentials->uid &&
	       setfsgid((gid_t)-1) == (int)credentials->gid;
}

bool credentials_take(const struct credentials *own, const struct credentials *other)
{
	bool other_groups = !credentials_same_groups(own, other);

	if (other_groups && (own->count < 0 || other->count < 0 || !set_groups(other)))
		return false;
	if (set_user(other))
		return true;
	credentials_return(own, other);
	return false;
}

void credentials_return(const struct credentials *own, const struct credentials *other)
{
	set_user(own);
	if (!credentials_same_groups(own, other))
		set_groups(own);
}
