/*
 * net_namespace: the sockets of a process's network namespace, which may be another than ours.
 */
#ifndef KEEPALIVE_NET_NAMESPACE_H
#define KEEPALIVE_NET_NAMESPACE_H

#include <sys/stat.h>

#include "process/process.h"
#include "settings.h"
#include "sockets/sock_diag.h"

struct net_namespace {
	ino_t inode;
	int error; /* errno if there is no table; EPERM: it may not be entered */
	struct socket_table table;
	uint8_t listening[(UINT16_MAX + 1) / 8]; /* a bit for each local port that is listened on */
};

/* The number of the process's namespace; 0 if it cannot be seen. */
ino_t net_namespace_of(pid_t pid);

/*
 * A number by which every user can tell the process's namespace from others, even one who may not
 * see which it is. 0 and errno if /proc does not show it: EPERM or EACCES if the process is hidden.
 */
ino_t net_namespace_mark(pid_t pid);

/*
 * Whether something may be connected in the process's namespace. Every user may know that much, but
 * if it cannot be read, the answer is yes.
 */
bool net_namespace_is_used(pid_t pid);

/*
 * Calls make(argument) in the network namespace of the process, in a child if that is another, and
 * returns the descriptor that it returns. On failure -1 and errno: that of make, or EPERM if the
 * namespace may not be entered.
 */
int net_namespace_make(pid_t pid, int make(const void *argument), const void *argument);

/* The arguments of socket(2). */
int net_namespace_socket(pid_t pid, int domain, int type, int protocol);

/*
 * Reads the sockets in these states (bits 1 << TCP_...) of the process's namespace into *space,
 * replacing its contents. If that fails, the listened ports stay as they were. Another namespace
 * needs CAP_SYS_ADMIN, or to be the owner of its user namespace.
 */
void net_namespace_read(struct net_namespace *space, pid_t pid, uint32_t states);

/*
 * The kernel's counters that change whenever a socket of the process's namespace connects, is
 * connected to, or begins to listen, as a text to be compared with an earlier one. Cheap, however
 * many sockets there are. Returns false if they cannot be read.
 */
enum { NET_COUNTERS_MAX = 256 };
bool net_namespace_counters(pid_t pid, char counters[NET_COUNTERS_MAX]);

/* What processes of the namespace listen on, as far as is known. */
void net_namespace_add_listener(struct net_namespace *space, uint16_t port);

/*
 * The role of a socket in this state (TCP_ESTABLISHED and so on) with this local port: listeners
 * are server side, and so is what was accepted, from one that listens on that port.
 */
enum role net_namespace_role(const struct net_namespace *space, uint8_t state, uint16_t port);

#endif
