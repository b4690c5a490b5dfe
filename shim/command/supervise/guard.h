/*
 * guard: a process beside the supervisor that starts another one if it is killed.
 *
 * The guard keeps the filter's notification descriptor open, so no call fails meanwhile: new calls
 * wait, and the guard answers the few that were being served.
 */
#ifndef KEEPALIVE_GUARD_H
#define KEEPALIVE_GUARD_H

#include <stdbool.h>

#include "supervise/notification.h"

struct guarded {
	struct notification
		*in_flight; /* entries for calls that are being served; `calls` of them */
	int guard;          /* a channel to it; -1: there is none, or it needs nothing */
	int listener;       /* the filter's notifications, if the guard has them; or -1 */
};

/*
 * Forks. Returns in the child, which becomes the supervisor, and again in the next one each time
 * that one is killed by a signal. It does not return in the guard, which ends when they do. If
 * there can be no guard, it returns in this process. channel stays open in the first child only.
 * becomes_guard() is called in the guard before the first child can be killed.
 */
struct guarded guard_start(unsigned calls, int channel, void becomes_guard(void));

/* Passes the filter's notification descriptor to the guard, once. */
void guard_hand_over(struct guarded *guarded, int listener);

#endif
