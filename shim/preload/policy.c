/* policy: decides at each event what a socket gets. */
#include "policy.h"

#include "decide.h"
#include "endpoint.h"
#include "kernel_values.h"
#include "libc.h"
#include "memory.h"
#include "options.h"
#include "report.h"
#include "sockets.h"

enum {
	PAGE = 4096,
	STACK = 1 << 20
}; /* bytes: no page is smaller, and the main stack's end is within it */

/* The options that a program's own user timeout is compared with, and itself. */
enum { TIMES = 1 << OPTION_IDLE | 1 << OPTION_INTERVAL | 1 << OPTION_USER_TIMEOUT };

/* Whether the kernel told that it is TCP, and not only an entry (sockets.h). */
enum evidence { CERTAIN, CLAIMED };

/* Whether a socket that refuses this option can be TCP nevertheless; if so, logs it. */
static bool is_refusal(int fd, enum sockopt option, int error)
{
	if (error == ENOTSOCK || error == EBADF ||
	    ((error == EOPNOTSUPP || error == ENOPROTOOPT) && option <= OPTION_COUNT &&
	     !option_may_be_set(fd)))
		return false;
	report_refused(fd, option, error);
	return true;
}

bool policy_refused(int fd, enum sockopt option, int error)
{
	const struct configuration *all = configuration();
	const struct profile *fresh = settings_profile(all->settings, all->client);
	unsigned i = option;

	while (!error || is_refusal(fd, i, error)) {
		if (++i == OPTIONS)
			return !error; /* without SO_KEEPALIVE the rest has no effect */
		error = fresh->value[i] ? option_set(fd, i, fresh->value[i]) : 0;
	}
	return false;
}

/* Whether the program's own user timeout is too short for this profile. */
static bool is_forbidden(int fd, const struct known *known, const struct profile *to)
{
	struct values now;

	if (!(known->owned & 1U << OPTION_USER_TIMEOUT) || known->owned == OPTIONS_ALL || to->force)
		return false;
	options_get(fd, known->owned, &now);
	if (!timeout_forbids(to, known->owned, &now, &kernel_values))
		return false;
	if (!known->held)
		report_timeout(fd, now.value[OPTION_USER_TIMEOUT]);
	return true;
}

/*
 * Gives the socket this profile instead of its present one: what decide() decides. Returns false if
 * the socket turns out not to be TCP, which the first TCP-only option shows.
 */
static bool apply_profile(int fd, struct known *known, unsigned profile, enum evidence evidence)
{
	const struct settings *settings = configuration()->settings;
	const struct profile *to = settings_profile(settings, profile);
	unsigned from = known->held ? PROFILE_NONE : known->profile, set;

	known->held = is_forbidden(fd, known, to);
	if (known->held)
		to = settings_profile(settings, PROFILE_NONE);
	set = decide(settings_profile(settings, from), to, known->owned);
	for (unsigned i = 0; i < OPTIONS; i++) {
		int error;

		if (!(set & 1U << i))
			continue;
		/* Every socket takes SO_KEEPALIVE. */
		if (i == OPTION_KEEPALIVE && evidence == CLAIMED && !option_may_be_set(fd))
			return false;
		error = option_set(fd, i, to->value[i]);
		if (!error)
			evidence = CERTAIN;
		else if (!is_refusal(fd, i, error))
			return false;
		else if (i == OPTION_KEEPALIVE)
			profile = PROFILE_NONE; /* without it the rest has no effect */
	}
	known->owned &= ~set;
	known->profile = (uint8_t)profile;
	return true;
}

/*
 * Asks the kernel about a socket that was never seen, or that its entry cannot be about. given: the
 * profile that it has if the entry is about it, otherwise PROFILE_UNSEEN. Options that the program
 * set on this number may have been set on this socket. Returns false, and the state not_tcp, if it
 * is not TCP.
 */
static bool probe_socket(int fd, struct known *known, unsigned given, enum state not_tcp)
{
	struct values now;
	struct standing standing;

	if (!option_may_be_set(fd)) {
		*known = (struct known){ .state = (uint8_t)not_tcp };
		return false;
	}
	options_get(fd, OPTIONS_ALL, &now);
	if (known->held && given != PROFILE_UNSEEN)
		given = PROFILE_NONE;
	known->held = false;
	/*
	 * Keepalive is off, and the program did not switch it off: it is not the socket that we
	 * set.
	 */
	if (!now.value[OPTION_KEEPALIVE] && !(known->owned & 1U << OPTION_KEEPALIVE))
		given = PROFILE_UNSEEN;
	if (!kernel_values.value[OPTION_IDLE] &&
	    may_be_switched_off(configuration()->settings, &now, &kernel_values))
		kernel_values_read();
	standing =
		standing_of(configuration()->settings, given, known->owned, &now, &kernel_values);
	known->profile = (uint8_t)standing.given;
	known->owned |= (uint8_t)standing.owned;
	return true;
}

/*
 * Whether a socket whose role was not known before must get this profile: another than it has, or
 * one that is forced on what the program has set (policy_after_setsockopt()).
 */
static bool is_due(const struct configuration *all, const struct known *known, unsigned profile)
{
	return profile != known->profile ||
	       (known->owned && settings_profile(all->settings, profile)->force);
}

/* probe_socket(), and the profile for this role; the state becomes is_tcp, or not_tcp. */
static bool adopt(int fd, struct known *known, unsigned profile, enum state is_tcp,
		  enum state not_tcp)
{
	bool tcp = probe_socket(fd, known, PROFILE_UNSEEN, not_tcp) &&
		   apply_profile(fd, known, profile, CERTAIN);

	known->state = (uint8_t)(tcp ? is_tcp : not_tcp);
	return tcp;
}

/* The profile for a listener. Its port is looked up, and remembered, if rules need it. */
static unsigned listener_profile(const struct configuration *all, int fd)
{
	uint16_t port = 0;

	if (all->server_asks_port) {
		port = endpoint_asked(libc->getsockname, fd).port;
		sockets_put_port(fd, port);
	}
	return settings_match(all->settings, ROLE_SERVER, NULL, port);
}

/*
 * A listener that came from elsewhere: connections that do not inherit the options may wait in its
 * queue.
 */
static void adopt_listener(const struct configuration *all, int fd, struct known *known)
{
	unsigned profile = listener_profile(all, fd);

	if (adopt(fd, known, profile, STATE_LISTENER_QUEUE, STATE_NOT_TCP_LISTENABLE))
		report_socket(fd, AS_LISTENER, known);
}

void policy_not_tcp(int fd, int domain, int type, int protocol)
{
	bool may_accept = (type & 0xf) == SOCK_STREAM || (type & 0xf) == SOCK_SEQPACKET;

	sockets_put(fd, (struct known){ .state = may_accept ? STATE_NOT_TCP_LISTENABLE
							    : STATE_NOT_TCP });
	report_not_tcp(fd, domain, type, protocol);
}

void policy_before_connect(int fd)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(fd);

	if (!all || known.state != STATE_UNKNOWN || fd < 0)
		return;
	adopt(fd, &known, all->client, STATE_FRESH, STATE_NOT_TCP);
	sockets_put(fd, known);
}

/*
 * The caller's stack exists as long as we run. Any other memory may have been unmapped while
 * connect(2) waited, or was never mapped if a filter answered instead of the kernel. How far the
 * stack reaches is known for the main thread; of another thread's, only that the caller's page
 * exists.
 */
static bool is_on_stack(const void *start, size_t length)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), first = (uintptr_t)start;
	uintptr_t last = first + length - 1, end = configuration()->stack_end;

	return first > here && last >= first &&
	       ((last ^ here) < PAGE || (last < end && end - here < STACK));
}

/* The peer of a socket that is connected or connecting, from getpeername(2). */
static struct endpoint connected_peer(int fd, const struct sockaddr *address, socklen_t length)
{
	struct endpoint peer = { .port = 0 };

	if (is_on_stack(address, length))
		peer = endpoint_of(address, length);
	/* Connecting to "any" connects to this host: ip(7). */
	return peer.address.family && !address_is_any(&peer.address) ? peer : endpoint_of_peer(fd);
}

void policy_after_connect(int fd, int result, const struct sockaddr *address, socklen_t length)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(fd);
	bool outcome = known.state == STATE_CONNECTING && result == 0;
	unsigned profile = all ? all->client : PROFILE_NONE;

	if (!all || known.state == STATE_NOT_TCP || known.state == STATE_NOT_TCP_LISTENABLE)
		return;
	if (all->client_asks) {
		struct endpoint peer = connected_peer(fd, address, length);

		if (!peer.address.family) {
			known.state = STATE_FRESH; /* dissolved by AF_UNSPEC: connect(2) */
			sockets_put(fd, known);
			return;
		}
		profile = settings_match(all->settings, ROLE_CLIENT, &peer.address, peer.port);
	}
	if (known.state == STATE_FRESH || (outcome && profile == known.profile)) {
		if (is_due(all, &known, profile))
			apply_profile(fd, &known, profile, CLAIMED);
	} else if (probe_socket(fd, &known, known.profile, STATE_NOT_TCP)) {
		/*
		 * A socket that is connected or listening should not connect: it tries another
		 * peer, or it is another socket.
		 */
		outcome = known.state == STATE_CONNECTED && profile == known.profile;
		apply_profile(fd, &known, profile, CERTAIN);
	} else {
		sockets_put(fd, known);
		return;
	}
	known.state = result == 0 ? STATE_CONNECTED : STATE_CONNECTING;
	sockets_put(fd, known);
	if (!outcome)
		report_socket(fd, AS_CLIENT, &known);
}

void policy_before_listen(int fd)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(fd);
	unsigned profile;

	if (!all || fd < 0)
		return;
	if (known.state != STATE_FRESH && known.state != STATE_UNKNOWN)
		return;
	profile = listener_profile(all, fd);
	if (known.state == STATE_UNKNOWN)
		adopt(fd, &known, profile, STATE_FRESH, STATE_NOT_TCP_LISTENABLE);
	else if (!is_due(all, &known, profile) ||
		 (known.owned && all->may_respect && all->server_asks_port && !sockets_port(fd)))
		return; /* in the latter case until the port is known */
	else
		apply_profile(fd, &known, profile, CLAIMED);
	sockets_put(fd, known);
}

void policy_after_listen(int fd)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(fd);
	unsigned profile;

	if (!all)
		return;
	if (known.state == STATE_FRESH) {
		if (all->server_asks_port && !sockets_port(fd)) {
			profile = listener_profile(all, fd); /* listen(2) chose the port: ip(7) */
			if (is_due(all, &known, profile))
				apply_profile(fd, &known, profile, CLAIMED);
		}
		known.state = STATE_LISTENER;
		report_socket(fd, AS_LISTENER, &known);
	} else if (known.state == STATE_NOT_TCP || known.state == STATE_CONNECTING ||
		   known.state == STATE_CONNECTED) {
		adopt_listener(all, fd, &known); /* one that could not listen: another socket */
	} else {
		return;
	}
	sockets_put(fd, known);
}

void policy_before_accept(int listener)
{
	const struct configuration *all = configuration();
	struct known known = sockets_get(listener);

	if (!all || listener < 0)
		return;
	if (known.state == STATE_UNKNOWN) {
		adopt_listener(all, listener, &known);
		sockets_put(listener, known);
	}
}

/* Whether what waits in the listener's queue is left alone, as the listener is. */
static bool is_left_alone(int listener, const struct known *parent)
{
	int on = 1;

	if (settings_profile(configuration()->settings, parent->profile)->force)
		return false;
	if (parent->owned & 1U << OPTION_KEEPALIVE)
		option_get(listener, OPTION_KEEPALIVE, &on);
	return parent->held || parent->owned == OPTIONS_ALL || !on;
}

/*
 * A connection that may have waited since before its listener got its profile. The first one that
 * has the listener's values, as all later ones do, ends these checks.
 */
static void accepted_from_queue(int listener, struct known *parent, int accepted,
				struct known *child)
{
	const struct settings *settings = configuration()->settings;
	const struct profile *wanted = settings_profile(settings, parent->profile);
	struct known found = { .state = STATE_CONNECTED };
	struct values theirs, its;
	bool same;

	/* What the program set on the listener, unless the connection is older than that. */
	options_get(listener, parent->owned, &theirs);
	options_get(accepted, parent->owned, &its);
	for (unsigned i = 0; i < OPTIONS; i++)
		found.owned |= (uint8_t)((its.value[i] == theirs.value[i]) << i);
	found.owned &= parent->owned;
	if (is_left_alone(listener, parent) ||
	    !probe_socket(accepted, &found, PROFILE_UNSEEN, STATE_NOT_TCP) ||
	    (parent->owned && found.owned == OPTIONS_ALL)) {
		same = true; /* in the last case, with values of which some are the program's */
	} else {
		same = found.profile == parent->profile ||
		       (found.profile == PROFILE_NONE && !wanted->value[OPTION_KEEPALIVE]);
		*child = found;
		apply_profile(accepted, child, parent->profile, CERTAIN);
	}
	if (same) {
		parent->state = STATE_LISTENER;
		sockets_put(listener, *parent);
	}
}

void policy_after_accept(int listener, int accepted)
{
	const struct configuration *all = configuration();
	struct known parent = sockets_get(listener), child;

	if (!all)
		return;
	if (parent.state != STATE_LISTENER && parent.state != STATE_LISTENER_QUEUE &&
	    parent.state != STATE_NOT_TCP_LISTENABLE) {
		adopt_listener(all, listener, &parent); /* a socket that cannot accept did accept */
		sockets_put(listener, parent);
	}
	if (parent.state == STATE_NOT_TCP_LISTENABLE) {
		sockets_put(accepted, (struct known){ .state = STATE_NOT_TCP });
		return;
	}
	child = parent;
	child.state = STATE_CONNECTED;
	if (parent.state == STATE_LISTENER_QUEUE)
		accepted_from_queue(listener, &parent, accepted, &child);
	if (all->server_asks_peer) {
		struct address peer = endpoint_of_peer(accepted).address;
		unsigned port = all->server_asks_port ? sockets_port(listener) : 0;
		unsigned profile = settings_match(all->settings, ROLE_SERVER, &peer, port);

		if (profile != child.profile)
			apply_profile(accepted, &child, profile, CLAIMED);
	}
	sockets_put(accepted, child);
	report_socket(accepted, AS_SERVER, &child);
}

void policy_after_setsockopt(int fd, int level, unsigned bit)
{
	const struct configuration *all = configuration();
	struct known known;

	if (!all || fd < 0)
		return;
	known = sockets_get(fd);
	if ((known.state == STATE_NOT_TCP || known.state == STATE_NOT_TCP_LISTENABLE) &&
	    level != SOL_SOCKET)
		known.state = STATE_UNKNOWN; /* only TCP takes the others */
	known.owned |= (uint8_t)bit;
	if (known.state == STATE_UNKNOWN) {
		if (!all->may_respect)
			adopt(fd, &known, all->client, STATE_UNKNOWN, STATE_NOT_TCP);
	} else if (settings_profile(all->settings, known.profile)->force
			   ? known.state != STATE_FRESH || !all->may_respect
			   : bit & TIMES && known.owned & 1U << OPTION_USER_TIMEOUT) {
		apply_profile(fd, &known, known.profile, CLAIMED);
	} /* else it stands, or its role shows, in connect(2) or listen(2), that it does not */
	sockets_put(fd, known);
}

bool policy_inherited(int fd)
{
	const struct configuration *all = configuration();
	struct known known = { .state = STATE_UNKNOWN };
	socklen_t length = sizeof(int);
	int listening = 0;

	errno = 0; /* calls that succeed leave it as it was */
	if (!probe_socket(fd, &known, PROFILE_UNSEEN, STATE_NOT_TCP))
		return errno != EBADF; /* not remembered, because most programs never ask */
	libc->getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length);
	if (listening) {
		adopt_listener(all, fd, &known);
	} else {
		struct endpoint local = { .port = 0 }, peer = { .port = 0 };
		bool client = option_is_of_client(fd);

		if (client ? all->client_asks : all->server_asks_peer)
			peer = endpoint_of_peer(fd);
		if (all->server_asks_port)
			local = endpoint_asked(libc->getsockname, fd);
		apply_profile(fd, &known,
			      profile_for(all->settings, client ? ROLE_CLIENT : ROLE_SERVER, &local,
					  &peer),
			      CERTAIN);
		known.state = STATE_CONNECTED;
		report_socket(fd, client ? AS_CLIENT : AS_SERVER, &known);
	}
	sockets_put(fd, known);
	return true;
}
