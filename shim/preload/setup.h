/*
 * setup: what every hook needs first: the next definitions, and the settings.
 *
 * Done by our constructor or by the first hook, whichever comes first: a library's constructor may
 * open sockets before ours has run (glibc runs the constructors of the program's dependencies
 * first, musl those of the preload).
 */
#ifndef KEEPALIVE_SETUP_H
#define KEEPALIVE_SETUP_H

#include "memory.h"

/* set_up() for the first caller. */
const struct next *set_up_first(void);

/*
 * Makes sure that we are set up, and returns the next definitions, never NULL. It has no lock and
 * no once, so it is safe in a signal handler, after fork(2), and in many threads at a time.
 */
static inline const struct next *set_up(void)
{
	const struct next *ready = next_definitions();

	return ready ? ready : set_up_first();
}

#endif
