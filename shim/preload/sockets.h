/*
 * sockets: what is known of each descriptor.
 *
 * A small entry for each descriptor number, written by the hooks that make or return the socket. No
 * hook sees close(2), so an entry may describe a socket that is long gone, while its number now
 * belongs to one that came from elsewhere (SCM_RIGHTS, a raw system call). So policy.c compares
 * each entry with what the program does next: only a listener accepts, only a fresh socket
 * connects. A socket that contradicts its entry is examined again; see keepalive-shim(7), LIMITS.
 */
#ifndef KEEPALIVE_SOCKETS_H
#define KEEPALIVE_SOCKETS_H

#include "memory.h"

/*
 * The table has 65,536 entries. Numbers that are 65,536 apart share one, and the later one wins.
 * For a descriptor that is forgotten or negative, the state is STATE_UNKNOWN. Lock-free and async-
 * signal-safe.
 */
static inline struct known sockets_get(int fd)
{
	unsigned number = (unsigned)fd;
	struct known known;

	__atomic_load(&memory.entries[number % PLACES], &known, __ATOMIC_RELAXED);
	return known.generation == number / PLACES ? known
						   : (struct known){ .state = STATE_UNKNOWN };
}

/* fd must not be negative. */
static inline void sockets_put(int fd, struct known known)
{
	unsigned number = (unsigned)fd;

	known.generation = (number / PLACES) & 0x7fff;
	__atomic_store(&memory.entries[number % PLACES], &known, __ATOMIC_RELAXED);
}

/* The local port of a listener, as it was last put, which is done only if rules need ports. */
uint16_t sockets_port(int fd);
void sockets_put_port(int fd, uint16_t port);

#endif
