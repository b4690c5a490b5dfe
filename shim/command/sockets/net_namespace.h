/*
 * net_namespace: the sockets of a process's network namespace, ours or another.
 */
#ifndef KEEPALIVE_NET_NAMESPACE_H
#define KEEPALIVE_NET_NAMESPACE_H

#include <sys/stat.h>

#include "process/process.h"
#include "settings.h"
#include "sockets/sock_diag.h"

struct net_namespace {
	ino_t inode;
	int error; /* why there is no table: an errno; EPERM: it may not be entered */
	struct socket_table table;
	uint8_t listening[(UINT16_MAX + 1) / 8]; /* a bit for each local port listened on */
};

/* Which namespace the process is in; 0 if that may not be seen. */
ino_t net_namespace_of(pid_t pid);

/*
 * Has make(argument) called in the network namespace of the process, by a child if that is another,
 * and hands over the descriptor that it returns; -1 and errno: its own, or EPERM if the namespace
 * may not be entered.
 */
int net_namespace_make(pid_t pid, int make(const void *argument), const void *argument);

/* Of socket(2). */
int net_namespace_socket(pid_t pid, int domain, int type, int protocol);

/*
 * Reads the sockets in these states (bits 1 << TCP_...) of the process's namespace into *space,
 * whose earlier content it replaces. If that fails, the ports listened on stay as they were.
 * Another namespace needs CAP_SYS_ADMIN, or to be the user who made its user namespace.
 */
void net_namespace_read(struct net_namespace *space, pid_t pid, uint32_t states);

/*
 * Numbers of the kernel's that change whenever a socket of the process's namespace connects, is
 * connected to, or begins to listen, into a text to be compared with an earlier one. Cheap, however
 * many sockets there are. Returns false if they cannot be read.
 */
enum { NET_COUNTERS_MAX = 256 };
bool net_namespace_counters(pid_t pid, char counters[NET_COUNTERS_MAX]);

/* What processes of the namespace listen on, so far as is known. */
void net_namespace_add_listener(struct net_namespace *space, uint16_t port);

/*
 * The role of a socket in this state (TCP_ESTABLISHED and so on) with this local port: listeners
 * are server side, and so is what was accepted, from one that listens on that port.
 */
enum role net_namespace_role(const struct net_namespace *space, uint8_t state, uint16_t port);

#endif
