/*
 * options: reading and writing the socket options.
 */
#ifndef KEEPALIVE_OPTIONS_H
#define KEEPALIVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "decide.h"
#include "sockopt_names.h"

/* Both return 0 or an errno value, and may change errno. */
int option_get(int fd, enum sockopt option, int *value);

/* Those with these bits; VALUE_UNKNOWN for the others, and what cannot be read. May change errno. */
void options_get(int fd, unsigned bits, struct values *now);

/*
 * A value of 0 gives the option back to the kernel: SO_KEEPALIVE off, no user timeout, and for the
 * others what a new socket has, since the kernel has no value for "as the sysctl says" (tcp(7)).
 */
int option_set(int fd, enum sockopt option, int value);

/*
 * Whether it is a TCP socket: TIPC and vsock take some of the options in silence. May change errno.
 */
bool option_may_be_set(int fd);

/*
 * The peer of a socket, also while connect(2) is under way: getpeername(2) does not tell that,
 * SO_PEERNAME does. May change errno.
 */
struct endpoint endpoint_of_peer(int fd);

/* Which option setsockopt(2) names, as 1 << enum sockopt; 0 for any other. */
unsigned option_bit(int level, int name);

/* Whether socket(2) with these arguments makes a TCP or MPTCP socket. */
static inline bool options_apply_to(int domain, int type, int protocol)
{
	int kind = type & 0xf; /* SOCK_TYPE_MASK of <linux/net.h>: the rest are flags */

	return (domain == AF_INET || domain == AF_INET6) && kind == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

#endif
