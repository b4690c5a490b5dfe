/*
 * endpoint: the address and port of one end of a connection, for rules and messages.
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
 * The end in a socket address of this length, as the kernel or a program wrote it (ip(7), ipv6(7)).
 * If the length is too short for the family, it counts as no address.
 */
struct endpoint endpoint_of(const struct sockaddr *address, socklen_t length);

/*
 * The end that getsockname(2) or getpeername(2) returns for the socket; no address if it fails or
 * call is NULL. May change errno.
 */
typedef int name_function(int fd, struct sockaddr *address, socklen_t *length);
struct endpoint endpoint_asked(name_function *call, int fd);

/*
 * The address, in brackets for IPv6, and the port: 10.0.0.1:80, [2001:db8::1]:80; "?:0" for none.
 */
void text_endpoint(struct text *text, const struct endpoint *end);

#endif
