/*
 * connection: a TCP socket of a process, as the kernel's table and a copy of the descriptor show
 * it, each as far as permitted.
 */
#ifndef KEEPALIVE_CONNECTION_H
#define KEEPALIVE_CONNECTION_H

#include "decide.h"
#include "process/process.h"
#include "sockets/net_namespace.h"

/* The process whose sockets are read, and how. */
struct holder {
	struct process process;
	pid_t thread; /* the one whose descriptors these are; 0: they are the process's */
	struct net_namespace *space;
	const struct net_namespace *other; /* sockets may come from here too; may be NULL */
	int pidfd;                         /* pidfd_of(), pidfd_of_thread() */
	int refused;                       /* errno of copying its descriptors; 0 if it works */
	bool all;   /* also sockets whose state cannot be read (connections_read()) */
	bool spare; /* take no copies of listeners, nor of what may be bound (connections_read()) */
	const struct socket_fd *kept; /* except of these, which it has had for a while; by inode */
	size_t kept_count;
};

struct connection {
	const struct holder *holder;
	const struct socket_fd *fds; /* all its descriptors */
	size_t fd_count;
	bool mptcp;
	uint8_t state;               /* TCP_ESTABLISHED and so on; 0: not known */
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
 * Adds the holder's TCP sockets. The sockets are sorted as by process_sockets() and must outlive
 * the connections. Sockets that are not in the namespace's table (neither bound nor connected, made
 * in another namespace, or newer than the table) are seen through copies only. Without a copy they
 * are left out, or if the holder says so, added with an unknown state.
 *
 * A copy keeps a port in use: if a process closes its listener while we have one, and binds again,
 * it gets EADDRINUSE. To avoid that, such copies can be left out; then the values of sockets that
 * are neither connected nor connecting are not known. (Reading a link in /proc/PID/fd also keeps
 * the socket open, for about 100 ns, as with ls and ss; this cannot be avoided.)
 */
void connections_read(struct connections *connections, struct holder *holder,
		      const struct socket_fd *sockets, size_t count);

/*
 * Completes one whose state was not known, by the entry that another table has for it, if there is
 * one, and a copy. A listener, or what is bound, is not copied. Returns false if the process has
 * closed it.
 */
bool connection_complete(struct connection *connection, struct holder *holder,
			 const struct net_namespace *space, struct diag_socket *entry);

/* Adds one that only the namespace's table shows; nobody stands for its unknown holder. */
void connections_add_entry(struct connections *connections, const struct holder *nobody,
			   const struct diag_socket *entry);

/*
 * Sets the roles of the connections from number first on: one whose local port is listened on, by
 * the process or in its namespace, was accepted. Sorts them by descriptor.
 */
void connections_roles(struct connections *connections, size_t first);

/* Whether it has a peer, or will have one soon; then its role depends on who listens. */
bool connection_is_established(const struct connection *connection);

/* How many of the sockets, from the first on, are the same socket. */
size_t socket_fds(const struct socket_fd *sockets, size_t count);

/* Whether the socket is among these, which are sorted as by process_sockets(). */
bool socket_is_among(uint32_t inode, const struct socket_fd *sockets, size_t count);

/* The number under which /proc shows the holder's descriptors. */
pid_t holder_number(const struct holder *holder);

/* "client", "server", "listener"; "-" if it is not connected. */
const char *connection_role(const struct connection *connection);

/* "ESTABLISHED" and so on, as the kernel names the states (tcp(7)); "-" for others. */
const char *connection_state_name(uint8_t state);

/* The port of the service: the local one, but a client's is the remote one. 0 if there is none. */
uint16_t connection_service(const struct connection *connection);

#endif
