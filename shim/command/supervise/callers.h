/*
 * callers: the threads that call the supervisor, and whether a socket made here is the one that
 * they would have got themselves.
 *
 * A socket belongs to the network namespace, the cgroup and the user of whoever makes it:
 * firewalls, routing and accounting go by these. A supervised thread has those of its supervisor
 * until it changes them. User, group and cgroup are looked at for each socket; the network
 * namespace and the supplementary groups when a thread is first seen and after a call by which it
 * changes them, which the filter hands over. What that takes stays open for some threads, the last
 * ones seen: a pidfd or files of proc(5), which mean the thread and never another one that got its
 * number.
 */
#ifndef KEEPALIVE_CALLERS_H
#define KEEPALIVE_CALLERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "supervise/credentials.h"
#include "supervise/notification.h"

/* How many descriptors a thread takes, at most. */
enum { CALLER_DESCRIPTORS = 2 };

struct caller {
	pid_t thread; /* 0: none */
	pid_t process;
	int pidfd;          /* of the thread; -1 if not needed, as are the following */
	int status, cgroup; /* the files of proc(5) */
	bool busy;          /* a call that it made is being served */
	bool looked_at;     /* what follows holds */
	bool at_home;       /* in our network namespace */
	bool other_groups;  /* than ours, the supplementary ones */
	unsigned long used; /* the higher, the later */
};

/*
 * What we are ourselves. users: whether the supervised may change theirs. keep: for how many
 * threads something may stay open. Returns false if /proc does not show it: then nothing can be
 * compared.
 */
bool callers_init(bool users, unsigned keep);

/*
 * The thread that makes this call. unkept is for one that cannot be kept. To be given back by
 * caller_end().
 */
struct caller *caller_begin(const struct notification *notification, struct caller *unkept);
void caller_end(struct caller *caller);

/* Its process, PID; 0 if that cannot be seen. */
pid_t caller_process(const struct caller *caller);

/* It is about to change its network namespace or its supplementary groups. */
void caller_changes(const struct caller *caller);

/*
 * Whether its sockets are ours to serve: made in our network namespace, by a thread of our cgroup.
 */
bool caller_is_here(struct caller *caller, const struct notification *notification);

/* What a thread of ours has taken on, for a moment. */
struct impersonation {
	bool changed;
	struct credentials other;
};

/*
 * Takes on the user and groups of the thread that makes the call, if they differ. Returns false,
 * with nothing changed, if a socket made here would not be the same, or that cannot be seen.
 */
bool impersonate(struct impersonation *impersonation, struct caller *caller,
		 const struct notification *notification);
void impersonate_end(struct impersonation *impersonation);

#endif
