/*
 * sockets: what is known of each descriptor.
 *
 * One small entry for a descriptor number, written by the hooks that make or hand out the socket.
 * No hook sees close(2), so an entry may speak of a socket that is long gone, while its number now
 * stands for another that came from elsewhere (SCM_RIGHTS, a raw system call). Entries are
 * therefore claims that policy.c holds against what the program does next: only a listener accepts,
 * only a fresh socket connects. What contradicts its entry is looked at again; see
 * keepalive-shim(7), LIMITS.
 */
#ifndef KEEPALIVE_SOCKETS_H
#define KEEPALIVE_SOCKETS_H

#include "memory.h"

/*
 * The table has 65,536 places; numbers that are as far apart share one, and the later one wins. For
 * a forgotten or negative descriptor the state is STATE_UNKNOWN. Lock-free, async-signal-safe.
 */
static inline struct known sockets_get(int fd)
{
	unsigned number = (unsigned)fd;
	struct known known;

	__atomic_load(&memory.entries[number % PLACES], &known, __ATOMIC_RELAXED);
	return known.generation == number / PLACES ? known
						   : (struct known){ .state = STATE_UNKNOWN };
}

/* fd: not negative. */
static inline void sockets_put(int fd, struct known known)
{
	unsigned number = (unsigned)fd;

	known.generation = (number / PLACES) & 0x7fff;
	__atomic_store(&memory.entries[number % PLACES], &known, __ATOMIC_RELAXED);
}

/* The local port of a listener: what was put last, which is done only if rules ask for ports. */
uint16_t sockets_port(int fd);
void sockets_put_port(int fd, uint16_t port);

#endif
