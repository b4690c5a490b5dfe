/*
 * attachment: sets the options of one running process's sockets as they appear.
 */
#ifndef KEEPALIVE_ATTACHMENT_H
#define KEEPALIVE_ATTACHMENT_H

#include "sockets/set_options.h"

struct attachment {
	struct settings settings;
	struct holder holder; /* its space is the one below */
	struct net_namespace space;
	struct values kernel;  /* the values of a new socket there */
	struct memory *memory; /* of the sockets seen, by inode */
	size_t memory_count;
	bool dry_run;   /* only print what would be done */
	bool quiet;     /* no lines */
	bool named;     /* lines begin with the process */
	bool only_used; /* sockets that are neither connected nor listening stay as they are */
	const struct settings *listeners; /* used for listeners instead of settings; NULL: none */
	const struct socket_table
		*seen_to; /* sockets to skip because they are in this table; NULL: none */
	struct also also; /* done with sockets whose options are set */
	bool following; /* no longer the first look: no lines for sockets that are right already */
	bool found;     /* a TCP socket, as far as is known */
	bool failed;    /* an option could not be set */
};

/*
 * Sets the options of sockets that were not seen before, or whose peer or role was not known then.
 * For the others it only reads /proc/PID/fd. Returns 0, or an errno as from process_sockets() and
 * pidfd_copy(): the process has ended, or may not be inspected.
 */
int attachment_look(struct attachment *attachment);

/*
 * Whether to look at a socket again although it is not new, because its options may still change.
 */
bool attachment_is_pending(const struct attachment *attachment);

/* Frees its memory and descriptors; the process stays as it is. */
void attachment_free(struct attachment *attachment);

#endif
