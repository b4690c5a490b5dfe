/*
 * workers: threads that serve calls, so that nobody waits for another's: for one who gets no
 * processor, or whose descriptor takes long to close.
 *
 * One of them waits for calls, since some kernels (6.6 and later) wake all who wait, and serves
 * what it gets. Only while it is held up does another take its place, which the main thread sees
 * to.
 */
#ifndef KEEPALIVE_WORKERS_H
#define KEEPALIVE_WORKERS_H

#include <stdbool.h>

#include "supervise/notification.h"

/*
 * Makes the first of them, which waits until it is released; there are never more than limit. calls
 * is room for what each of them serves. waker is an eventfd(2) that wakes the main thread; it may be
 * -1 for a single one. Returns false if no thread can be made.
 */
bool workers_prepare(void serve(struct notification *), struct notification *calls, unsigned limit,
		     int waker);

/* notifications_from() has been called: they begin. */
void workers_release(void);

/*
 * For the main thread: sees to it that somebody waits for calls. Returns after how many
 * milliseconds it has to be called again; -1: not before the waker says so, since nobody calls.
 */
int workers_watch(void);

/* Waits until none of them serves a call: what is answered already may still have to be logged. */
void workers_finish(void);

#endif
