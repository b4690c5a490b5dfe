/*
 * guard: a process beside the one that serves, which starts another one if that is killed.
 *
 * The filter's notification descriptor stays open in it, so no call fails meanwhile: those that come
 * wait, and the few that were just being served are answered by the guard.
 */
#ifndef KEEPALIVE_GUARD_H
#define KEEPALIVE_GUARD_H

#include <stdbool.h>

#include "supervise/notification.h"

struct guarded {
	struct notification *in_flight; /* room for a call that is being served, `calls` times */
	int guard;    /* a channel to it; -1: there is none, or it needs nothing */
	int listener; /* the filter's notifications, if the guard has them; or -1 */
};

/*
 * Forks. Returns in the child, which is to serve, and again in the next one each time that one is
 * killed by a signal; in the guard never, since it ends when they do. If there can be no guard it
 * returns in this process. channel stays open in the first child alone. becomes_guard() is called in
 * the guard before the first child can be killed.
 */
struct guarded guard_start(unsigned calls, int channel, void becomes_guard(void));

/* Hands the filter's notifications over to it, once. */
void guard_hand_over(struct guarded *guarded, int listener);

#endif
