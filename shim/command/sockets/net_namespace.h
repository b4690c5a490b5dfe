/*
 * net_namespace: the sockets of a process's network namespace, ours or another.
 */
#ifndef KEEPALIVE_NET_NAMESPACE_H
#define KEEPALIVE_NET_NAMESPACE_H

#include <sys/stat.h>

#include "process/process.h"
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
 * socket(2) in the network namespace of the process. Returns a descriptor, or -1 and errno: EPERM
 * if that namespace may not be entered.
 */
int net_namespace_socket(pid_t pid, int domain, int type, int protocol);

/*
 * Reads the sockets in these states (bits 1 << TCP_...) of the process's namespace into *space,
 * whose earlier content it replaces. If that fails, the ports listened on stay as they were.
 * Another namespace needs CAP_SYS_ADMIN, or to be the user who made its user namespace.
 */
void net_namespace_read(struct net_namespace *space, pid_t pid, uint32_t states);

/* What processes of the namespace listen on, so far as is known. */
void net_namespace_add_listener(struct net_namespace *space, uint16_t port);
bool net_namespace_listens(const struct net_namespace *space, uint16_t port);

#endif
