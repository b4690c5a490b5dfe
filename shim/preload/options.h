/*
 * options: reads and sets the socket options.
 */
#ifndef KEEPALIVE_OPTIONS_H
#define KEEPALIVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "decide.h"
#include "sockopt_names.h"

/* Both return 0 or an errno value, and may change errno. */
int option_get(int fd, enum sockopt option, int *value);

/*
 * The options with these bits; VALUE_UNKNOWN for the others and for those that cannot be read. May
 * change errno.
 */
void options_get(int fd, unsigned bits, struct values *now);

/*
 * A value of 0 restores the kernel's: SO_KEEPALIVE off, no user timeout, and for the others the
 * values of a new socket, because no value means "as in the sysctl" (tcp(7)).
 */
int option_set(int fd, enum sockopt option, int value);

/*
 * Whether it is a TCP socket. (TIPC and vsock silently accept some of the options.) May change
 * errno.
 */
bool option_may_be_set(int fd);

/*
 * Whether the socket's own side opened its connection, as far as Linux (since 4.19) shows that.
 * False for a listener, and once this side has shut the connection down. May change errno.
 */
bool option_is_of_client(int fd);

/*
 * The peer of a socket, also while connect(2) is in progress, when SO_PEERNAME returns it and
 * getpeername(2) does not. May change errno.
 */
struct endpoint endpoint_of_peer(int fd);

/* The option that these arguments of setsockopt(2) name, as 1 << enum sockopt; 0 for any other. */
unsigned option_bit(int level, int name);

/* Whether socket(2) with these arguments makes a TCP or MPTCP socket. */
static inline bool options_apply_to(int domain, int type, int protocol)
{
	int kind = type & 0xf; /* SOCK_TYPE_MASK of <linux/net.h>: the rest are flags */

	return (domain == AF_INET || domain == AF_INET6) && kind == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

#endif
