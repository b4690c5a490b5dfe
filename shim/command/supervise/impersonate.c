/* impersonate: see impersonate.h. */
#include "supervise/impersonate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/capability.h"
#include "process/proc.h"

/*
 * Which network namespace: each has a /proc/net of its own, so dev there is another file in another
 * one. Unlike /proc/THREAD/ns/net it can be seen whoever the thread belongs to (ptrace(2) access
 * modes), and a program that has changed its user is no longer ours.
 */
static bool network(pid_t thread, struct stat *status)
{
	char path[64];

	if (thread)
		snprintf(path, sizeof(path), "/proc/%d/net/dev", (int)thread);
	else
		snprintf(path, sizeof(path), "/proc/self/net/dev");
	return stat(path, status) == 0;
}

bool impersonation_init(struct impersonation *own)
{
	struct stat status;

	if (!proc_is_ours() || !network(0, &status))
		return false;
	proc_read(0, "cgroup", own->cgroup, sizeof(own->cgroup));
	own->device = status.st_dev;
	own->inode = status.st_ino;
	own->uid = geteuid();
	own->gid = getegid();
	own->may_change_user = capability_held(CAP_SETUID) || capability_held(CAP_SETGID);
	return true;
}

static bool is_same_network(const struct impersonation *own, pid_t thread)
{
	struct stat status;

	return network(thread, &status) && status.st_dev == own->device &&
	       status.st_ino == own->inode;
}

/* Somebody may have moved us together, so ours is read again where they seem to differ. */
static bool is_same_cgroup(struct impersonation *own, pid_t thread)
{
	char cgroup[sizeof(own->cgroup)];

	proc_read(thread, "cgroup", cgroup, sizeof(cgroup));
	if (strcmp(cgroup, own->cgroup) == 0)
		return true;
	proc_read(0, "cgroup", own->cgroup, sizeof(own->cgroup));
	return strcmp(cgroup, own->cgroup) == 0;
}

/* The last of the four numbers after "Uid:" or "Gid:" in proc(5)'s status: the file system's. */
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

bool impersonate(struct impersonation *own, pid_t thread)
{
	char status[4096];
	unsigned uid, gid;

	if (!is_same_network(own, thread) || !is_same_cgroup(own, thread))
		return false;
	if (!own->may_change_user)
		return true;
	if (!proc_read(thread, "status", status, sizeof(status)) || !read_id(status, "Uid", &uid) ||
	    !read_id(status, "Gid", &gid))
		return false;
	if (uid == own->uid && gid == own->gid)
		return true;
	own->changed = true;
	setfsgid(gid);
	setfsuid(uid);
	if (setfsuid((uid_t)-1) == (int)uid && setfsgid((gid_t)-1) == (int)gid)
		return true;
	impersonate_end(own);
	return false;
}

void impersonate_end(struct impersonation *own)
{
	if (!own->changed)
		return;
	own->changed = false;
	setfsuid(own->uid);
	setfsgid(own->gid);
}
