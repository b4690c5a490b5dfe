/* connection: combines the kernel's table with a copy of the descriptor. */
#include "sockets/connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "process/pidfd.h"
#include "sockets/side.h"
#include "sockets/sockopts.h"

static void from_table(struct connection *connection, const struct diag_socket *entry)
{
	connection->mptcp = entry->mptcp;
	connection->state = entry->state;
	connection->timer = entry->timer;
	connection->retries = entry->retries;
	connection->expires = entry->expires;
	connection->local = entry->local;
	connection->peer = entry->peer;
}

static bool from_copy(struct connection *connection, int copy)
{
	if (!sockopts_apply_to(copy, &connection->mptcp))
		return false;
	connection->state = pidfd_tcp_state(copy);
	connection->timer = TIMER_UNKNOWN;
	connection->local = endpoint_asked(getsockname, copy);
	connection->peer = endpoint_asked(getpeername, copy);
	return true;
}

/* The timer of an idle connection runs if, and only if, SO_KEEPALIVE is set. */
static void values_from_timer(struct connection *connection)
{
	for (unsigned i = 0; i < OPTIONS; i++)
		connection->now.value[i] = VALUE_UNKNOWN;
	if (connection->timer == TIMER_KEEPALIVE)
		connection->now.value[OPTION_KEEPALIVE] = 1;
	if (connection->timer == TIMER_NONE && connection->state == TCP_ESTABLISHED)
		connection->now.value[OPTION_KEEPALIVE] = 0;
}

/*
 * A copy of one of the descriptors. Returns -1 if copies are refused, and with *gone if all were
 * closed meanwhile.
 */
static int copy_of(struct holder *holder, const struct connection *connection, bool *gone)
{
	int copy = -1;

	for (size_t i = 0; i < connection->fd_count && copy < 0 && !holder->refused; i++) {
		copy = pidfd_copy(holder->pidfd, &connection->fds[i]);
		if (copy < 0 && pidfd_refused(errno))
			holder->refused = errno;
	}
	*gone = copy < 0 && !holder->refused;
	return copy;
}

/*
 * Without a copy: sockfs(5) gives its protocol's name ("TCP", "TCPv6", "MPTCP") as an attribute.
 * Its state stays unknown: what is not in the table may be connected in another namespace.
 */
static bool from_name(struct connection *connection)
{
	char path[64], name[32];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", holder_number(connection->holder),
		 connection->fds->fd);
	length = getxattr(path, "system.sockprotoname", name, sizeof(name) - 1);
	name[length > 0 ? length : 0] = '\0';
	connection->mptcp = name[0] == 'M';
	connection->state = 0;
	connection->timer = TIMER_UNKNOWN;
	return strncmp(name + connection->mptcp, connection->mptcp ? "PTCP" : "TCP", 3) == 0;
}

static bool describe(struct connection *connection, const struct diag_socket *entry, int copy)
{
	if (entry)
		from_table(connection, entry);
	else if (copy < 0 ? !connection->holder->all || !from_name(connection)
			  : !from_copy(connection, copy))
		return false;
	if (copy >= 0)
		sockopts_read(copy, &connection->now);
	else
		values_from_timer(connection);
	return true;
}

static bool is_unconnected(const struct diag_socket *entry)
{
	return entry->state == TCP_LISTEN || entry->state == TCP_CLOSE;
}

/* Whether a copy could keep a port from the process: one of a listener, or of what may be bound. */
static bool is_spared(const struct holder *holder, const struct diag_socket *entry, uint32_t inode)
{
	return holder->spare && !holder->space->error && (!entry || is_unconnected(entry)) &&
	       !socket_is_among(inode, holder->kept, holder->kept_count);
}

/* A service's sockets may come from systemd's namespace. */
static struct diag_socket *find_entry(const struct holder *holder, uint32_t inode)
{
	struct diag_socket *entry = socket_table_find(&holder->space->table, inode);

	return entry || !holder->other ? entry : socket_table_find(&holder->other->table, inode);
}

static bool read_connection(struct connection *connection, struct holder *holder)
{
	struct diag_socket *entry = find_entry(holder, connection->fds->inode);
	bool spared = is_spared(holder, entry, connection->fds->inode), gone = false, is_tcp;
	int copy = spared ? -1 : copy_of(holder, connection, &gone);

	if (gone)
		return false;
	if (entry)
		entry->held = true;
	is_tcp = describe(connection, entry, copy);
	if (copy >= 0)
		close(copy);
	return is_tcp;
}

/* A copy of the socket as above, but of no other one that has taken its number meanwhile. */
static int copy_of_same(struct holder *holder, const struct connection *connection, bool *gone)
{
	*gone = true;
	for (size_t i = 0; i < connection->fd_count; i++) {
		struct connection one = *connection;
		int copy;

		one.fds += i;
		one.fd_count = 1;
		if (!process_has_socket(holder_number(holder), one.fds))
			continue;
		copy = copy_of(holder, &one, gone);
		if (!*gone)
			return copy;
	}
	return -1;
}

/* By what the socket itself shows, otherwise by who listens. */
static uint8_t role_of(const struct connection *connection, const struct net_namespace *space,
		       int copy)
{
	unsigned sides = copy < 0 ? ROLE_BOTH : side_of(copy);

	if (sides == ROLE_CLIENT || sides == ROLE_SERVER)
		return (uint8_t)sides;
	return (uint8_t)net_namespace_role(space, connection->state, connection->local.port);
}

bool connection_complete(struct connection *connection, struct holder *holder,
			 const struct net_namespace *space, struct diag_socket *entry)
{
	bool gone = false;
	int copy = -1;

	if (!entry || !is_unconnected(entry))
		copy = copy_of_same(holder, connection, &gone);
	if (gone || holder->refused == ESRCH)
		return false;
	if (entry)
		entry->held = true;
	describe(connection, entry, copy);
	connection->role = role_of(connection, space, copy);
	if (copy >= 0)
		close(copy);
	return true;
}

size_t socket_fds(const struct socket_fd *sockets, size_t count)
{
	size_t same = 1;

	while (same < count && sockets[same].inode == sockets->inode)
		same++;
	return same;
}

bool socket_is_among(uint32_t inode, const struct socket_fd *sockets, size_t count)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sockets[middle].inode == inode)
			return true;
		if (sockets[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

pid_t holder_number(const struct holder *holder)
{
	return holder->thread ? holder->thread : holder->process.pid;
}

static void add(struct connections *connections, const struct connection *connection)
{
	connections->list = array_room(connections->list, connections->count, &connections->room,
				       sizeof(*connection));
	connections->list[connections->count++] = *connection;
}

void connections_add_entry(struct connections *connections, const struct holder *nobody,
			   const struct diag_socket *entry)
{
	static const struct socket_fd none = { .fd = -1 };
	struct connection connection = { .holder = nobody, .fds = &none };

	from_table(&connection, entry);
	values_from_timer(&connection);
	add(connections, &connection);
}

void connections_read(struct connections *connections, struct holder *holder,
		      const struct socket_fd *sockets, size_t count)
{
	while (count) {
		struct connection connection = { .holder = holder, .fds = sockets };

		connection.fd_count = socket_fds(sockets, count);
		if (read_connection(&connection, holder))
			add(connections, &connection);
		sockets += connection.fd_count;
		count -= connection.fd_count;
	}
}

bool connection_is_established(const struct connection *connection)
{
	return connection->state && connection->state != TCP_LISTEN &&
	       connection->state != TCP_CLOSE && connection->state != TCP_SYN_SENT;
}

static int by_fd(const void *left, const void *right)
{
	const struct connection *a = left, *b = right;

	return a->fds->fd < b->fds->fd ? -1 : a->fds->fd > b->fds->fd;
}

void connections_roles(struct connections *connections, size_t first)
{
	struct connection *list = connections->list;
	size_t count = connections->count;

	for (size_t i = first; i < count; i++) {
		if (list[i].state == TCP_LISTEN)
			net_namespace_add_listener(list[i].holder->space, list[i].local.port);
	}
	for (size_t i = first; i < count; i++)
		list[i].role = (uint8_t)net_namespace_role(list[i].holder->space, list[i].state,
							   list[i].local.port);
	if (count > first)
		qsort(list + first, count - first, sizeof(*list), by_fd);
}

const char *connection_role(const struct connection *connection)
{
	if (connection->state == TCP_LISTEN)
		return "listener";
	if (connection->state == TCP_CLOSE || !connection->state)
		return "-";
	return connection->role == ROLE_SERVER ? "server" : "client";
}

uint16_t connection_service(const struct connection *connection)
{
	return connection->role == ROLE_CLIENT ? connection->peer.port : connection->local.port;
}

const char *connection_state_name(uint8_t state)
{
	static const char names[][16] = {
		"-",         "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
		"TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING",
	};

	return names[state < sizeof(names) / sizeof(names[0]) ? state : 0];
}
