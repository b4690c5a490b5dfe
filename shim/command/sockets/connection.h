/*
 * connection: a TCP socket that a process holds, as the kernel's table and a copy of the descriptor
 * show it, each as far as it is permitted.
 */
#ifndef KEEPALIVE_CONNECTION_H
#define KEEPALIVE_CONNECTION_H

#include "decide.h"
#include "process/process.h"
#include "sockets/net_namespace.h"

/* Whose sockets are looked at, and from where. */
struct holder {
	struct process process;
	struct net_namespace *space;
	const struct net_namespace *other; /* sockets may come from here too; may be NULL */
	int pidfd;                         /* pidfd_of() */
	int refused; /* errno that keeps copies of its descriptors from us; 0 */
	bool spare; /* take no copies of listeners, nor of what may be bound (connections_read()) */
	const struct socket_fd *kept; /* but of these, which it has had for a while; by inode */
	size_t kept_count;
};

struct connection {
	const struct holder *holder;
	const struct socket_fd *fds; /* all the descriptors that stand for it */
	size_t fd_count;
	bool mptcp;
	uint8_t state;               /* TCP_ESTABLISHED and so on */
	uint8_t role;                /* enum role; listeners are server side */
	uint8_t timer;               /* enum timer */
	uint8_t retries;             /* of that timer */
	uint32_t expires;            /* milliseconds */
	struct endpoint local, peer; /* ADDRESS_NONE: no peer */
	struct values now;
};

struct connections {
	struct connection *list;
	size_t count, room;
};

/*
 * Adds those of the holder's sockets that are TCP. The sockets are ordered as by process_sockets()
 * and must outlive the connections. Sockets that are not in the namespace's table (not hashed, made
 * in another namespace) are seen through copies alone.
 *
 * A copy keeps a port in use: a process that closes its listener while we hold one, and binds
 * again, is refused with EADDRINUSE. A holder to be spared is looked at without such copies: the
 * values of sockets that are neither connected nor connecting are not known then. (Reading a link
 * in /proc/PID/fd holds a socket as well, as ls and ss do, for some 100 ns: no way around that.)
 */
void connections_read(struct connections *connections, struct holder *holder,
		      const struct socket_fd *sockets, size_t count);

/* Adds one that only the namespace's table shows; nobody is the holder to name. */
void connections_add_entry(struct connections *connections, const struct holder *nobody,
			   const struct diag_socket *entry);

/*
 * Gives the connections from number first on their roles: one whose local port is listened on, by
 * the process or in its namespace, was accepted. Sorts them by descriptor.
 */
void connections_roles(struct connections *connections, size_t first);

/* Whether it has, or is about to get, a peer: its role depends on who listens. */
bool connection_is_established(const struct connection *connection);

/* How many of the sockets, from the first on, are the same socket. */
size_t socket_fds(const struct socket_fd *sockets, size_t count);

/* "client", "server", "listener"; "-" if it is not connected. */
const char *connection_role(const struct connection *connection);

/* "ESTABLISHED" and so on, as the kernel names the states (tcp(7)); "-" for others. */
const char *connection_state_name(uint8_t state);

/* The port of the service: the local one, but a client's is the remote one. 0 if there is none. */
uint16_t connection_service(const struct connection *connection);

#endif
