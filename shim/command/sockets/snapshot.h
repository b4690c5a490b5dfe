/*
 * snapshot: the TCP sockets of some processes at one moment, and what could not be read.
 */
#ifndef KEEPALIVE_SNAPSHOT_H
#define KEEPALIVE_SNAPSHOT_H

#include "sockets/connection.h"

/* For how many processes something could not be read, and why for the first of them. */
struct lack {
	unsigned processes;
	char reason[512];
};

struct snapshot {
	/* Set before: */
	bool spare;                    /* take no copies of listeners (struct holder), */
	const struct snapshot *before; /* except of what this one has; NULL: of none */

	struct connections connections; /* by process as they were added, then by descriptor */
	struct lack values;             /* copies of descriptors refused */
	struct lack timers;             /* no table of their network namespace */
	struct lack descriptors;        /* not even the list of descriptors */
	/* Network namespaces are counted here, for one process of each (snapshot_find_unread()): */
	struct lack unread;
	bool hidden; /* other users' processes are, so that nothing is known of their namespaces */
	struct holding *holdings;    /* what the connections point to */
	struct listed_space *spaces; /* and the holders */
};

/*
 * Adds the sockets of a process, with those of its threads that have descriptors of their own.
 * Returns false, with what is wrong in *why, if there is no such process or if its descriptors may
 * not be listed.
 */
bool snapshot_add(struct snapshot *snapshot, pid_t pid, struct text *why);

/*
 * Finds out about sockets that were in no table, once all processes have been added: one that was
 * made in another network namespace is looked up in all that were read, and what is in none of them
 * is copied, if that is permitted. Otherwise its state stays unknown.
 */
void snapshot_complete(struct snapshot *snapshot);

/*
 * Once all processes have been added: finds the network namespaces in which something is connected,
 * but which this user may not read, because their processes are other users'.
 */
void snapshot_find_unread(struct snapshot *snapshot);

/* How many TCP sockets of the namespaces seen are held by none of the processes added. */
size_t snapshot_others(const struct snapshot *snapshot);

/*
 * Adds those, as sockets of a process with the number 0 and the name "?", so that a user who may
 * not see the process can see whether its connections have keepalive.
 */
void snapshot_add_others(struct snapshot *snapshot);

/* Leaves *snapshot zero. */
void snapshot_free(struct snapshot *snapshot);

#endif
