/*
 * callers: the threads whose calls the supervisor serves, and whether a socket made here is the one
 * that they would have got themselves.
 *
 * A socket belongs to the network namespace, the cgroup and the user of the thread that makes it:
 * firewalls, routing and accounting depend on these. A supervised thread has those of its
 * supervisor until it changes them. User, group and cgroup are compared for each socket; the
 * network namespace and the supplementary groups when a thread is first seen, and after a call by
 * which it changes them, which the filter hands over. For the threads seen last, what this takes
 * stays open: a pidfd or files of proc(5), which refer to the thread and never to another that gets
 * the same number.
 */
#ifndef KEEPALIVE_CALLERS_H
#define KEEPALIVE_CALLERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "supervise/credentials.h"
#include "supervise/notification.h"

/* The most descriptors that are kept open for a thread. */
enum { CALLER_DESCRIPTORS = 2 };

struct caller {
	pid_t thread; /* 0: none */
	pid_t process;
	int pidfd;          /* of the thread; -1 if not needed, as are the following */
	int status, cgroup; /* the files of proc(5) */
	bool busy;          /* a call of the thread is being served */
	bool slow;          /* it hardly gets a processor: it took long to take its last socket */
	bool looked_at;     /* the fields that follow are valid */
	bool at_home;       /* in our network namespace */
	bool other_groups;  /* supplementary groups other than ours */
	unsigned long used; /* higher: used later */
};

/*
 * Reads our own ids, cgroup and namespace. users: whether the supervised threads may change theirs.
 * keep: for how many threads something may stay open. Returns false if /proc does not show them;
 * then nothing can be compared.
 */
bool callers_init(bool users, unsigned keep);

/*
 * The thread that makes this call; unkept is used for one that cannot be kept. Release it with
 * caller_end().
 */
struct caller *caller_begin(const struct notification *notification, struct caller *unkept);
void caller_end(struct caller *caller);

/* Its process's PID; 0 if it cannot be seen. */
pid_t caller_process(const struct caller *caller);

/* It is about to change its network namespace or its supplementary groups. */
void caller_changes(const struct caller *caller);

/*
 * Whether we may make its sockets: it is in our network namespace and our cgroup.
 */
bool caller_is_here(struct caller *caller, const struct notification *notification);

/* The ids that a thread of ours has taken on for a moment. */
struct impersonation {
	bool changed;
	struct credentials other;
};

/*
 * Takes on the user and groups of the calling thread if they differ. Returns false, with nothing
 * changed, if a socket made here would not be the same, or if that cannot be found out.
 */
bool impersonate(struct impersonation *impersonation, struct caller *caller,
		 const struct notification *notification);
void impersonate_end(struct impersonation *impersonation);

#endif
