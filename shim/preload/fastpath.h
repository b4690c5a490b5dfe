/*
 * fastpath: the part of the hooks that most sockets need; the rest is in policy.c.
 *
 * It uses no memory but memory.h's and the stack.
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

/*
 * Sets all options of a new TCP socket. Returns false if it turns out not to be TCP. The values are
 * a local copy of 20 bytes, and the configuration is not kept in a register, so that the hook's
 * stack frame stays below 100 bytes.
 */
static inline bool set_up_socket(int fd, const struct configuration *all)
{
	struct fresh fresh = all->fresh;

#pragma GCC unroll 5
	for (unsigned i = 0; i < OPTION_KEEPALIVE; i++) {
		if (fresh.value[i] &&
		    libc->set_option(fd, sockopt_names[i].level, sockopt_names[i].name,
				     &fresh.value[i], sizeof(fresh.value[i])) != 0)
			return policy_refused(fd, i, errno);
	}
	fresh.value[0] = 1;
	if (configuration()->client_on &&
	    libc->set_option(fd, SOL_SOCKET, SO_KEEPALIVE, &fresh.value[0],
			     sizeof(fresh.value[0])) != 0)
		return policy_refused(fd, OPTION_KEEPALIVE, errno);
	return true;
}

/* socket(2) returned this descriptor. May change errno. */
static inline void created(int fd, int domain, int type, int protocol)
{
	const struct configuration *all = configuration();
	struct known known = { .state = STATE_FRESH };

	if (all && options_apply_to(domain, type, protocol)) {
		known.profile = set_up_socket(fd, all) ? configuration()->client : PROFILE_NONE;
		sockets_put(fd, known);
	} else if (all) {
		policy_not_tcp(fd, domain, type, protocol);
	}
}

/*
 * Each of these either does everything that the policy function of the same name would do, and
 * returns true, or does nothing and returns false. None makes a system call or changes errno.
 */
static inline bool fastpath_before_connect(int fd)
{
	return !configuration() || sockets_get(fd).state != STATE_UNKNOWN;
}

static inline bool fastpath_after_connect(int fd, int result)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(fd);

	if (!all || all->client_asks || all->logs || known.profile != all->client || known.owned ||
	    (known.state != STATE_FRESH && (known.state != STATE_CONNECTING || result != 0)))
		return !all;
	known.state = result == 0 ? STATE_CONNECTED : STATE_CONNECTING;
	sockets_put(fd, known);
	return true;
}

static inline bool fastpath_before_accept(int listener)
{
	const struct configuration *all = configuration();

	return !all || sockets_get(listener).state != STATE_UNKNOWN;
}

static inline bool fastpath_after_accept(int listener, int accepted)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(listener);

	if (!all || all->server_asks_peer || all->logs || known.state != STATE_LISTENER)
		return !all;
	known.state = STATE_CONNECTED; /* the accepted socket inherits the rest */
	sockets_put(accepted, known);
	return true;
}

#endif
