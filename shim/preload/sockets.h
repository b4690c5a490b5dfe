/*
 * sockets: what is known of each descriptor.
 *
 * One small entry for a descriptor number, written by the hooks that make or hand out the socket. No
 * hook sees close(2), so an entry may speak of a socket that is long gone, while its number now stands
 * for another that came from elsewhere (SCM_RIGHTS, a raw system call). Entries are therefore claims
 * that policy.c holds against what the program does next: only a listener accepts, only a fresh socket
 * connects. What contradicts its entry is looked at again; see keepalive-shim(7), LIMITS.
 */
#ifndef KEEPALIVE_SOCKETS_H
#define KEEPALIVE_SOCKETS_H

#include <stdint.h>

enum state {
	STATE_UNKNOWN,        /* never seen, or forgotten */
	STATE_FOREIGN,        /* not TCP, cannot accept: UDP, raw, netlink, a connection */
	STATE_FOREIGN_STREAM, /* not TCP, may accept: UNIX, vsock, SCTP */
	STATE_FRESH,          /* TCP, neither connected nor listening */
	STATE_LISTENER,       /* whoever is accepted from it has its options */
	STATE_LISTENER_QUEUE, /* armed while it may have held connections that do not inherit */
	STATE_CONNECTED,      /* connected or being connected, or accepted */
};

/* owned: 1 << enum sockopt, what the program has set itself, or whoever configured it before us. */
struct known {
	uint16_t state : 3;   /* enum state */
	uint16_t profile : 7; /* the profile it has: settings_profile() */
	uint16_t owned : 6;
};

enum { OWNED_ALL = 0x3f };

/*
 * The table has 65,536 places; numbers that are as far apart share one, and the later one wins. For a
 * forgotten or negative descriptor the state is STATE_UNKNOWN. Lock-free, async-signal-safe.
 */
struct known sockets_get(int fd);
void sockets_put(int fd, struct known known);

/* The local port of a listener: what was put last, which is done only where rules ask for ports. */
uint16_t sockets_port(int fd);
void sockets_put_port(int fd, uint16_t port);

#endif
