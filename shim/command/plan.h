/*
 * plan: which system calls of a program its supervisor has to see, from the settings. As few as will
 * do, since each of them then waits for the supervisor.
 */
#ifndef KEEPALIVE_PLAN_H
#define KEEPALIVE_PLAN_H

#include "settings.h"

struct plan {
	const struct settings *settings;
	unsigned client; /* the profile that a new socket gets */
	bool socket;     /* socket(2) of TCP: always, but where new sockets get nothing */
	bool listen;     /* listen(2): where listeners get something else than new sockets */
	bool connect;    /* connect(2): where rules ask for the peer or its port */
	unsigned
		held; /* bits by enum sockopt: setsockopt(2) succeeds without effect (mode=force) */
};

void plan_make(const struct settings *settings, struct plan *plan);

/* Whether sockets that the program has already have to be reached in it, by pidfd_getfd(2). */
bool plan_reaches_into(const struct plan *plan);

#endif
