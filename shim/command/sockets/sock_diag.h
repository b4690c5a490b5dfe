/*
 * sock_diag: the kernel's table of TCP and MPTCP sockets, with their timers (sock_diag(7)).
 */
#ifndef KEEPALIVE_SOCK_DIAG_H
#define KEEPALIVE_SOCK_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"

/* idiag_timer of struct inet_diag_msg; which timer runs. */
enum timer {
	TIMER_NONE = 0,
	TIMER_RETRANSMIT = 1,
	TIMER_KEEPALIVE = 2,
	TIMER_ZERO_WINDOW = 4,
	TIMER_UNKNOWN = 255
};

struct diag_socket {
	uint32_t inode;
	uint8_t state; /* TCP_ESTABLISHED and so on, netinet/tcp.h */
	bool mptcp;
	bool held;        /* some process has it open; set by the caller */
	uint64_t cookie;  /* the kernel's number for it, never used again */
	uint64_t group;   /* its control group (struct group), Linux 5.7; 0: not known */
	uint8_t timer;    /* enum timer; an MPTCP socket's is that of its first subflow */
	uint8_t retries;  /* what this timer has sent without an answer */
	uint32_t expires; /* milliseconds until the timer fires */
	struct endpoint local, peer;
};

/* Sockets by inode. */
struct socket_table {
	bool waiting; /* also sockets that wait for accept(2), whose inode is 0; set before */
	struct diag_socket *sockets;
	size_t count, room;
	size_t unheld;   /* sockets that no process has, such as those not accepted yet */
	uint32_t *slots; /* a hash table of positions in sockets[], plus one */
	size_t slot_count;
};

/*
 * Reads the sockets in these states (bits 1 << TCP_...) from a NETLINK_SOCK_DIAG socket into
 * *table, which must be empty or freed. Returns 0 or an errno.
 */
int sock_diag_read(struct socket_table *table, int netlink, uint32_t states);

/* NULL if there is none. */
struct diag_socket *socket_table_find(const struct socket_table *table, uint32_t inode);

/* Leaves *table empty. */
void socket_table_free(struct socket_table *table);

#endif
