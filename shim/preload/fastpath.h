/*
 * fastpath: within the hooks, what most sockets need and no more. The rest is in policy.c.
 *
 * No other memory is looked at here than memory.h's and the stack, and in arm() none but the stack
 * between one system call and the next.
 */
#ifndef KEEPALIVE_FASTPATH_H
#define KEEPALIVE_FASTPATH_H

#include <sys/socket.h>

#include "libc.h"
#include "options.h"
#include "policy.h"
#include "setup.h"
#include "sockets.h"
#include "sockopt_names.h"

/* All that a new TCP socket is to have. Returns false where it turns out not to be TCP. */
static inline bool arm(int fd, const struct next *next, const struct configuration *all)
{
	const struct profile fresh = all->fresh;
	int (*set)(int, int, int, const void *, socklen_t) = next->setsockopt;

#pragma GCC unroll 6
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (fresh.value[i] && set(fd, sockopt_names[i].level, sockopt_names[i].name,
					  &fresh.value[i], sizeof(fresh.value[i])) != 0)
			return policy_refused(fd, i, errno);
	}
	return true;
}

/* socket(2) gave this descriptor. May change errno. */
static inline void created(const struct next *next, int fd, int domain, int type, int protocol)
{
	const struct configuration *all = configuration();
	struct known known = { .state = STATE_FRESH };

	if (all && options_apply_to(domain, type, protocol)) {
		known.profile = arm(fd, next, all) ? all->client : PROFILE_NONE;
		sockets_put(fd, known);
	} else if (all) {
		policy_not_tcp(fd, domain, type, protocol);
	}
}

/*
 * Each of these does what the policy function of that name would, or nothing, and returns whether that
 * was all there is to do. None makes a system call or changes errno.
 */
static inline bool fastpath_before_connect(int fd)
{
	return !configuration() || sockets_get(fd).state != STATE_UNKNOWN;
}

static inline bool fastpath_after_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(fd);

	if (!all || all->client_asks || all->logs || known.state != STATE_FRESH ||
	    known.profile != all->client || length < sizeof(address->sa_family) ||
	    address->sa_family == AF_UNSPEC)
		return !all;
	known.state = STATE_CONNECTED;
	sockets_put(fd, known);
	return true;
}

static inline bool fastpath_before_accept(int listener)
{
	const struct configuration *all = configuration();

	return !all || (!all->server_asks_peer && sockets_get(listener).state != STATE_UNKNOWN);
}

static inline bool fastpath_after_accept(int listener, int accepted)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(listener);

	if (!all || all->server_asks_peer || all->logs || known.state != STATE_LISTENER)
		return !all;
	known.state = STATE_CONNECTED; /* the rest it inherits */
	sockets_put(accepted, known);
	return true;
}

#endif
