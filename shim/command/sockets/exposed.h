/*
 * exposed: `status --off`: established connections that would hang for ever if the other end
 * vanished.
 */
#ifndef KEEPALIVE_EXPOSED_H
#define KEEPALIVE_EXPOSED_H

#include "sockets/connection.h"

struct exposed {
	size_t connections; /* would hang */
	size_t local;   /* keepalive is off, but the other end is on this host, and cannot vanish */
	size_t unknown; /* whether keepalive is on could not be seen */
	size_t unseen;  /* not even whether they are connected */
};

/*
 * Counts them, and prints those that would hang, one line or object for each process, peer and
 * service port, the most frequent first. If there are none it prints nothing, or an empty array.
 */
struct exposed exposed_print(struct connections *connections, bool json);

#endif
