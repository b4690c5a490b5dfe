/* callers: decides whether a socket made here is the one that its caller would have got. */
#include "supervise/callers.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/pidfd.h"
#include "process/pidfd_info.h"
#include "process/proc.h"
#include "supervise/workers.h"

enum { TEXT_SIZE = 4096 };

static struct {
	dev_t device; /* the inode of our network namespace's /proc/net/dev */
	ino_t inode;
	struct credentials credentials;
	struct pidfd_identity identity;
	int pidfd; /* our own cgroup, if a pidfd shows a thread's */
	char cgroup[TEXT_SIZE];
	unsigned cgroup_read; /* when, in workers_ticks() */
	bool by_text; /* the cgroup must be read from proc(5), because there are others than that of version 2 */
	bool users; /* may change */
} own = { .pidfd = -1 };

/*
 * A thread that calls execve(2) gets the number of its process's first thread, and everything that
 * is open for that one then refers to it. So once a thread other than the first has changed
 * something that is checked only once, first threads are checked each time.
 */
static atomic_bool first_threads_may_change;

/* A few entries for each remainder of the number. */
enum { PLACES = 4 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct caller *kept;
static unsigned remainders;
static unsigned long now;

/*
 * The network namespace: each has a /proc/net of its own, in which dev is another file. Unlike
 * /proc/THREAD/ns/net, that can be seen whoever owns the thread (ptrace(2) access modes): a program
 * that has changed its user is no longer ours.
 */
static bool is_our_network(pid_t thread)
{
	struct stat status;

	return proc_stat(thread, "net/dev", &status) && status.st_dev == own.device &&
	       status.st_ino == own.inode;
}

/*
 * Whether there are version 1 hierarchies that sockets belong to; the others only count processes.
 */
static bool has_old_cgroups(const char *text)
{
	return strstr(text, "net_cls") || strstr(text, "net_prio");
}

static void identify_ourselves(void)
{
	int pidfd = pidfd_of_thread(getpid());

	if (pidfd >= 0 && pidfd_identify(pidfd, &own.identity) == 0)
		own.pidfd = pidfd;
	else if (pidfd >= 0)
		close(pidfd);
}

bool callers_init(bool users, unsigned keep)
{
	struct stat status;
	char text[TEXT_SIZE];

	if (!proc_is_ours() || !proc_hold() || !proc_stat(0, "net/dev", &status) ||
	    !proc_read(0, "status", text, sizeof(text)) ||
	    !credentials_read(&own.credentials, text))
		return false;
	own.device = status.st_dev;
	own.inode = status.st_ino;
	own.users = users;
	proc_read(0, "cgroup", own.cgroup, sizeof(own.cgroup));
	if (keep)
		identify_ourselves();
	own.by_text = own.pidfd < 0 || has_old_cgroups(own.cgroup);
	remainders = keep / PLACES;
	kept = remainders ? calloc((size_t)remainders * PLACES, sizeof(*kept)) : NULL;
	if (!kept)
		remainders = 0;
	return true;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget(struct caller *caller)
{
	close_one(&caller->pidfd);
	close_one(&caller->status);
	close_one(&caller->cgroup);
	caller->looked_at = false;
}

static void open_all(struct caller *caller, pid_t thread)
{
	caller->thread = thread;
	caller->process = 0;
	caller->slow = false;
	caller->looked_at = false;
	caller->pidfd = own.pidfd >= 0 ? pidfd_of_thread(thread) : -1;
	caller->status = own.users && own.pidfd < 0 ? proc_open(thread, "status") : -1;
	caller->cgroup = own.by_text ? proc_open(thread, "cgroup") : -1;
}

static struct caller *first_place(pid_t thread)
{
	return kept + (size_t)((unsigned)thread % remainders) * PLACES;
}

/*
 * An entry for the thread: its own, or the one that was used longest ago. NULL if all are busy.
 */
static struct caller *place_of(pid_t thread)
{
	struct caller *place = NULL;

	for (unsigned i = 0; remainders && i < PLACES; i++) {
		struct caller *one = first_place(thread) + i;

		if (one->busy)
			continue;
		if (one->thread == thread)
			return one;
		if (!place || one->used < place->used)
			place = one;
	}
	return place;
}

static struct caller *take_place(pid_t thread)
{
	struct caller *place;

	pthread_mutex_lock(&lock);
	place = place_of(thread);
	if (place) {
		place->busy = true;
		place->used = ++now;
	}
	pthread_mutex_unlock(&lock);
	return place;
}

struct caller *caller_begin(const struct notification *notification, struct caller *unkept)
{
	pid_t thread = notification_thread(notification);
	struct caller *caller = take_place(thread);

	if (!caller) {
		*unkept = (struct caller){ .pidfd = -1, .status = -1, .cgroup = -1 };
		caller = unkept;
	}
	if (caller->thread != thread) {
		if (caller->thread)
			forget(caller);
		open_all(caller, thread);
	}
	return caller;
}

void caller_end(struct caller *caller)
{
	bool is_kept = remainders && caller >= kept && caller < kept + remainders * PLACES;

	if (!is_kept) {
		forget(caller);
		return;
	}
	pthread_mutex_lock(&lock);
	caller->busy = false;
	pthread_mutex_unlock(&lock);
}

pid_t caller_process(const struct caller *caller)
{
	struct pidfd_identity identity;

	if (caller->pidfd >= 0 && pidfd_identify(caller->pidfd, &identity) == 0)
		return identity.process;
	return (pid_t)proc_status_number(caller->thread, "Tgid");
}

/*
 * Also if its entry is still busy: the worker that served its last call has answered, but may not
 * have finished.
 */
void caller_changes(const struct caller *caller)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; remainders && i < PLACES; i++) {
		struct caller *one = first_place(caller->thread) + i;

		if (one->thread == caller->thread)
			one->looked_at = false;
	}
	pthread_mutex_unlock(&lock);
	if (caller_process(caller) != caller->thread)
		first_threads_may_change = true;
}

/*
 * Somebody may move us, alone or with them. So ours is read again every millisecond, and if theirs
 * seems to be another.
 */
static bool ours_may_have_changed(void)
{
	unsigned last = own.cgroup_read;

	own.cgroup_read = workers_ticks();
	return own.cgroup_read != last;
}

static bool is_our_cgroup_id(uint64_t cgroup)
{
	bool same;

	pthread_mutex_lock(&lock);
	if (ours_may_have_changed() || cgroup != own.identity.cgroup)
		pidfd_identify(own.pidfd, &own.identity);
	same = cgroup == own.identity.cgroup;
	pthread_mutex_unlock(&lock);
	return same;
}

static bool is_our_cgroup_text(const char *text)
{
	bool same;

	pthread_mutex_lock(&lock);
	if (ours_may_have_changed() || strcmp(text, own.cgroup) != 0)
		proc_read(0, "cgroup", own.cgroup, sizeof(own.cgroup));
	same = strcmp(text, own.cgroup) == 0;
	pthread_mutex_unlock(&lock);
	return same;
}

/* Reads what is checked for each call. */
struct sight {
	bool our_cgroup;
	uid_t uid;
	gid_t gid;
};

/* Returns false if the thread has ended. */
static bool look(struct caller *caller, struct sight *sight)
{
	struct pidfd_identity identity;
	struct credentials credentials;
	char text[TEXT_SIZE];

	*sight = (struct sight){ true, own.credentials.uid, own.credentials.gid };
	if (own.pidfd >= 0) {
		if (caller->pidfd < 0 || pidfd_identify(caller->pidfd, &identity) != 0)
			return false;
		caller->process = identity.process;
		sight->uid = identity.fsuid;
		sight->gid = identity.fsgid;
		sight->our_cgroup = is_our_cgroup_id(identity.cgroup);
	} else if (own.users) {
		if (proc_read_open(caller->status, text, sizeof(text)) <= 0 ||
		    !credentials_read(&credentials, text))
			return false;
		sight->uid = credentials.uid;
		sight->gid = credentials.gid;
	}
	if (!own.by_text || !sight->our_cgroup)
		return true;
	if (proc_read_open(caller->cgroup, text, sizeof(text)) < 0)
		return false;
	sight->our_cgroup = is_our_cgroup_text(text);
	return true;
}

/* Reads what is checked once. */
static void look_closely(struct caller *caller)
{
	struct credentials credentials;
	char text[TEXT_SIZE];

	proc_read(caller->thread, "status", text, sizeof(text));
	caller->process = (pid_t)strtol(proc_status_field(text, "Tgid"), NULL, 10);
	caller->at_home = is_our_network(caller->thread);
	caller->other_groups =
		own.users && !(credentials_read(&credentials, text) &&
			       credentials_same_groups(&credentials, &own.credentials));
	caller->looked_at = true;
}

static bool is_known(const struct caller *caller)
{
	return caller->looked_at &&
	       !(first_threads_may_change && caller->process == caller->thread);
}

/*
 * If the caller still waits, the number was the caller's all the time; if not, it may be another
 * thread's already, and what was read must not be kept.
 */
static bool see(struct caller *caller, const struct notification *notification, struct sight *sight)
{
	bool known;

	if (!look(caller, sight)) {
		forget(caller);
		open_all(caller, caller->thread);
		if (!look(caller, sight))
			return false;
	}
	known = is_known(caller);
	if (!known)
		look_closely(caller);
	if (known || notification_is_valid(notification))
		return true;
	forget(caller);
	return false;
}

bool caller_is_here(struct caller *caller, const struct notification *notification)
{
	struct sight sight;

	return see(caller, notification, &sight) && caller->at_home && sight.our_cgroup;
}

bool impersonate(struct impersonation *impersonation, struct caller *caller,
		 const struct notification *notification)
{
	struct credentials *other = &impersonation->other;
	struct sight sight;
	char text[TEXT_SIZE];

	impersonation->changed = false;
	if (!see(caller, notification, &sight) || !caller->at_home || !sight.our_cgroup)
		return false;
	if (sight.uid == own.credentials.uid && sight.gid == own.credentials.gid &&
	    !caller->other_groups)
		return true;
	*other = own.credentials;
	if (caller->other_groups && (!proc_read(caller->thread, "status", text, sizeof(text)) ||
				     !credentials_read(other, text)))
		return false;
	other->uid = sight.uid;
	other->gid = sight.gid;
	impersonation->changed = credentials_take(&own.credentials, other);
	return impersonation->changed;
}

void impersonate_end(struct impersonation *impersonation)
{
	if (impersonation->changed)
		credentials_return(&own.credentials, &impersonation->other);
	impersonation->changed = false;
}
