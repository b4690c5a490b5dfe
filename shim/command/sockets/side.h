/* side: which roles a socket can have, as the socket alone shows it. */
#ifndef KEEPALIVE_SIDE_H
#define KEEPALIVE_SIDE_H

#include "endpoint.h"
#include "settings.h"

/*
 * enum role bits for a TCP socket: none before it connects or listens, one if it listens, connects or
 * is connected, both if that cannot be told.
 */
unsigned side_of(int fd);

/* The peer of a socket that is connected or connecting, which getpeername(2) does not tell yet. */
struct endpoint side_peer(int fd);

#endif
