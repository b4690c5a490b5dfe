/*
 * workers: threads that serve calls, so that no call waits for another one whose thread gets no
 * processor or whose descriptor takes long to close.
 *
 * One of them waits for calls (some kernels, 6.6 and later, wake all that wait) and serves what it
 * gets. Another takes its place only while it is held up; the main thread arranges that.
 */
#ifndef KEEPALIVE_WORKERS_H
#define KEEPALIVE_WORKERS_H

#include <stdbool.h>

#include "supervise/notification.h"

/*
 * Raises the priority of the calling thread, if that is allowed, because a signal can interrupt a
 * call until it is received.
 */
void workers_go_first(void);

/*
 * Starts the first of them, which waits until it is released; there are never more than limit.
 * calls has an entry for what each of them serves. waker is an eventfd(2) that wakes the main
 * thread; it may be -1 if there is only one worker. first: whether they raise their priority.
 * Returns false if no thread can be started.
 */
bool workers_prepare(void serve(struct notification *), struct notification *calls, unsigned limit,
		     int waker, bool first);

/* Releases them, after notifications_from() was called. */
void workers_release(void);

/*
 * For a worker that is about to wait for its caller: makes sure that another one waits for calls.
 */
void workers_stand_in(void);

/*
 * For the main thread: makes sure that a worker waits for calls. Returns after how many
 * milliseconds it must be called again; -1: only when the waker says so, because there are no
 * calls.
 */
int workers_watch(void);

/*
 * How often workers_watch() was called: about once a millisecond while there are calls, and before the
 * main thread sleeps. If there is only one worker, this goes on with each call instead. A clock would
 * take longer: clock_gettime(2) costs 0.4 us in a thread that has just been woken.
 */
unsigned workers_ticks(void);

/* Waits until none of them serves a call: a call that was answered may still have to be logged. */
void workers_finish(void);

#endif
