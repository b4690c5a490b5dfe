/*
 * attachment: the sockets of one running process, given their options as they appear.
 */
#ifndef KEEPALIVE_ATTACHMENT_H
#define KEEPALIVE_ATTACHMENT_H

#include "sockets/connection.h"

struct attachment {
	struct settings settings;
	struct holder holder; /* whose space is the one below */
	struct net_namespace space;
	struct values kernel;  /* what a new socket has there */
	struct memory *memory; /* of the sockets seen, by inode */
	size_t memory_count;
	bool dry_run;   /* only say what would be done */
	bool quiet;     /* no lines */
	bool named;     /* lines begin with the process */
	bool only_used; /* what is neither connected nor listening stays as it is */
	const struct settings *listeners;   /* for listeners in place of settings; NULL: none */
	const struct socket_table *seen_to; /* those that are held there: passed over; NULL: none */
	bool following; /* past the first looks: what is right already goes without saying */
	bool found;     /* a TCP socket, so far */
	bool failed;    /* an option could not be set */
};

/*
 * Sets the options of the sockets that were not seen before, or whose peer or role was not known
 * then. Others cost no more than the reading of /proc/PID/fd. Returns 0, or an errno as
 * process_sockets() and pidfd_copy() have it: the process has ended, or may not be looked into.
 */
int attachment_look(struct attachment *attachment);

/* Whether a socket is to be looked at again although it is not new: one whose options may yet change. */
bool attachment_is_pending(const struct attachment *attachment);

/* What it holds; the process stays as it is. */
void attachment_free(struct attachment *attachment);

#endif
