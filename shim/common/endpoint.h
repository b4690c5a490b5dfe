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

/*
 * The end in a socket address of length bytes, as the kernel or a program wrote it (ip(7),
 * ipv6(7)). A length too short for its family counts as no address.
 */
struct endpoint endpoint_of(const struct sockaddr *address, socklen_t length);

/*
 * The end that getsockname(2) or getpeername(2) returns for the socket. call may be NULL; what
 * cannot be asked counts as no address. May change errno.
 */
typedef int name_function(int fd, struct sockaddr *address, socklen_t *length);
struct endpoint endpoint_asked(name_function *call, int fd);

/*
 * The address, in brackets for IPv6, and the port: 10.0.0.1:80, [2001:db8::1]:80; "?:0" for none.
 */
void text_endpoint(struct text *text, const struct endpoint *end);

#endif
