/*
 * endpoint: an end of a connection, as rules and messages know it.
 */
#ifndef KEEPALIVE_ENDPOINT_H
#define KEEPALIVE_ENDPOINT_H

#include <sys/socket.h>

#include "address.h"

/* An IPv4 or IPv6 address and its port; family ADDRESS_NONE and port 0 for anything else. */
struct endpoint {
	struct address address;
	uint16_t port;
};

/* From what the kernel, or a program for the kernel, wrote. */
struct endpoint endpoint_of(const struct sockaddr_storage *address, size_t length);

/* The two ends of a socket: getsockname(2), getpeername(2). */
struct endpoint endpoint_local(int fd);
struct endpoint endpoint_peer(int fd);

#endif
