/*
 * peer: socket addresses (sockaddr(3type)) as rules know them.
 */
#ifndef KEEPALIVE_PEER_H
#define KEEPALIVE_PEER_H

#include <sys/socket.h>

#include "address.h"

/* An IPv4 or IPv6 address and its port; family ADDRESS_NONE and port 0 for anything else. */
struct peer {
	struct address address;
	unsigned port;
};

struct peer peer_of(const struct sockaddr_storage *address, socklen_t length);

/* The two ends of a socket: getpeername(2), getsockname(2). */
struct peer peer_remote(int fd);
struct peer peer_local(int fd);

#endif
