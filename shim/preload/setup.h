/*
 * setup: what every hook needs first: the definitions behind ours, and the settings.
 *
 * Done by our constructor or by the first hook, whichever comes first: a library's constructor may
 * open sockets before ours ran (glibc runs the program's dependencies first, musl the preload).
 */
#ifndef KEEPALIVE_SETUP_H
#define KEEPALIVE_SETUP_H

#include "next.h"
#include "settings.h"

/* The settings, and what follows from them, so that no hook derives it again. */
struct configuration {
	uint8_t client;        /* the profile of a client whose peer is not known yet */
	bool client_asks;      /* rules look at a client's peer or port */
	bool server_asks_peer; /* rules look at a server's peer */
	bool server_asks_port; /* rules look at a server's port */
	bool may_force;        /* some profile has mode=force */
	struct settings settings;
};

/*
 * Makes sure that we are set up; returns the definitions behind ours, never NULL. No lock and no once:
 * safe in a signal handler, after fork(2), and in many threads at a time.
 */
const struct next *set_up(void);

/* NULL while we are not set up, and where nothing is to be done at all (KEEPALIVE=off). */
const struct configuration *configuration(void);

#endif
