/*
 * ends: the two ends of a connection, from what the program gives or the kernel tells.
 */
#ifndef KEEPALIVE_ENDS_H
#define KEEPALIVE_ENDS_H

#include <sys/socket.h>

#include "address.h"

/* The address and port in an IPv4 or IPv6 socket address; ADDRESS_NONE and 0 for any other. */
struct address end_of(const struct sockaddr *address, socklen_t length, uint16_t *port);

/* The same of what getsockname(2) or getpeername(2) tells. May change errno. */
typedef int name_function(int fd, struct sockaddr *address, socklen_t *length);
struct address end_asked(name_function *call, int fd, uint16_t *port);

#endif
