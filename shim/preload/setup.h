/*
 * setup: what every hook needs first: the definitions behind ours, and the settings.
 *
 * Done by our constructor or by the first hook, whichever comes first: a library's constructor may
 * open sockets before ours ran (glibc runs the program's dependencies first, musl the preload).
 */
#ifndef KEEPALIVE_SETUP_H
#define KEEPALIVE_SETUP_H

#include "memory.h"

/* set_up() for whoever comes first. */
const struct next *set_up_first(void);

/*
 * Makes sure that we are set up; returns the definitions behind ours, never NULL. No lock and no
 * once: safe in a signal handler, after fork(2), and in many threads at a time.
 */
static inline const struct next *set_up(void)
{
	const struct next *ready = next_definitions();

	return ready ? ready : set_up_first();
}

#endif
