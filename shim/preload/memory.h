/*
 * memory: all data that the hooks use, in one piece and, for the first thousand descriptors, in one
 * page. A kernel with separate page tables (PTI) must look up each page again after each system
 * call.
 */
#ifndef KEEPALIVE_MEMORY_H
#define KEEPALIVE_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "hooks.h"
#include "settings.h"

struct fresh {
	int32_t value[OPTION_KEEPALIVE];
};

/* What the hooks need to know about the settings, computed once. */
struct configuration {
	uint8_t client;        /* the profile of a client whose peer is not known yet */
	bool client_asks;      /* rules look at a client's peer or port */
	bool server_asks_peer; /* rules look at a server's peer */
	bool server_asks_port; /* rules look at a server's port */
	bool may_respect;      /* some socket may get a profile without mode=force */
	bool logs;             /* KEEPALIVE_SHIM_LOG is not off */
	bool client_on;        /* the profile with the number client has keepalive on */
	struct fresh fresh;    /* with these values, which a new socket gets */
	const struct settings *settings;
	uintptr_t stack_end; /* of the main thread; 0 if not known */
};

enum state {
	STATE_UNKNOWN,            /* never seen, or forgotten */
	STATE_NOT_TCP,            /* not TCP, cannot accept: UDP, raw, netlink, a connection */
	STATE_NOT_TCP_LISTENABLE, /* not TCP, may accept: UNIX, vsock, SCTP */
	STATE_FRESH,              /* TCP, neither connected nor listening */
	STATE_LISTENER,           /* what is accepted from it has its options */
	STATE_LISTENER_QUEUE,     /* connections that did not inherit them may wait in its queue */
	STATE_CONNECTING,         /* connect(2) is in progress */
	STATE_CONNECTED,          /* connected, or accepted */
};

/*
 * One word, so that it is read and written as a whole. owned: 1 << enum sockopt for each option
 * that the program, or whoever configured the socket before us, has set.
 */
struct known {
	uint32_t state : 3;   /* enum state */
	uint32_t profile : 7; /* the profile it has: settings_profile() */
	uint32_t owned : 6;
	uint32_t held : 1;        /* the program's own user timeout keeps the profile away */
	uint32_t generation : 15; /* which of the numbers that share this entry; never negative */
};

enum { PLACES = 65536 };

_Static_assert(sizeof(struct known) == sizeof(uint32_t), "one word");
_Static_assert(OPTIONS == 6, "six bits for what is owned");
_Static_assert(PROFILE_HOST < 128, "seven bits for the profile");

struct memory {
	long (*program_syscall)(long number,
				...); /* the program's own syscall(2); first: syscall.c */
	const struct next *next;      /* setup.h: what set_up() returns */
	const struct configuration *configuration; /* setup.h */
	struct next found;
	struct configuration derived;
	struct known entries[PLACES]; /* sockets.h */
};

extern struct memory memory __attribute__((visibility("hidden"), aligned(4096)));

/* The functions that we call; complete after set_up(), and never NULL from next_begin() on. */
#define libc (&memory.found)
#undef errno
#define errno (*libc->errno_location())

/* NULL before set_up(), and if there is nothing to do (KEEPALIVE_SHIM=off). */
static inline const struct configuration *configuration(void)
{
	return __atomic_load_n(&memory.configuration, __ATOMIC_ACQUIRE);
}

/* The next definitions, for code that runs after set_up(); NULL before. */
static inline const struct next *next_definitions(void)
{
	return __atomic_load_n(&memory.next, __ATOMIC_ACQUIRE);
}

#endif
