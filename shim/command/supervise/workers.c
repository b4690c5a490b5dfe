/* workers: runs the threads that serve calls, so that no call waits for another. */
#include "supervise/workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STACK_SIZE = 128 << 10 };

static void (*serve)(struct notification *);
static struct notification *calls; /* one for each worker */
static int waker = -1;
static bool first;            /* they raise their priority */
static atomic_uint waiting;   /* waiting for calls: one, or none for a moment */
static atomic_ulong received; /* calls, so far */
static atomic_bool unwatched; /* the main thread sleeps until it is woken */
static atomic_uint wanted;    /* workers at rest, to be woken */
static atomic_uint ticks;     /* how often the main thread has looked */
static unsigned resting, made, limit;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t call_for_one = PTHREAD_COND_INITIALIZER;

static void rest(void)
{
	pthread_mutex_lock(&lock);
	resting++;
	while (!wanted)
		pthread_cond_wait(&call_for_one, &lock);
	wanted--;
	resting--;
	pthread_mutex_unlock(&lock);
}

static void serve_next(struct notification *call)
{
	bool there = notification_receive(call);

	while (!there && notifications_are_over()) /* the main thread ends us */
		pause();

	waiting--;
	received++;
	if (unwatched && atomic_exchange(&unwatched, false))
		eventfd_write(waker, 1);
	if (there)
		serve(call);
}

void workers_go_first(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	/* The C library's own function has no effect in musl. */
	syscall(SYS_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest);
}

static void *work(void *call)
{
	if (first)
		workers_go_first();
	rest();
	for (;;) {
		if (atomic_fetch_add(&waiting, 1) == 0) {
			serve_next(call);
		} else {
			waiting--;
			rest();
		}
	}
	return NULL;
}

/* It begins at rest. */
static bool make_one(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool done = false;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&lock);
	if (made < limit)
		done = pthread_create(&thread, &attributes, work, &calls[made]) == 0;
	made += done;
	pthread_mutex_unlock(&lock);
	pthread_attr_destroy(&attributes);
	return done;
}

bool workers_prepare(void the_serve(struct notification *), struct notification *the_calls,
		     unsigned the_limit, int the_waker, bool the_first)
{
	calls = the_calls;
	serve = the_serve;
	limit = the_limit;
	waker = the_waker;
	first = the_first;
	return make_one();
}

void workers_release(void)
{
	pthread_mutex_lock(&lock);
	wanted++;
	pthread_mutex_unlock(&lock);
	pthread_cond_signal(&call_for_one);
}

/* Some of the workers are at rest, or will be in a moment. */
static bool some_rest(void)
{
	bool some;

	pthread_mutex_lock(&lock);
	some = resting > wanted;
	pthread_mutex_unlock(&lock);
	return some;
}

void workers_stand_in(void)
{
	if (limit > 1 && !waiting && !wanted && (some_rest() || make_one()))
		workers_release();
}

/*
 * A call that takes this long is held up: normally it takes a hundredth of that. After so many
 * times without a call, there are no callers.
 */
enum { TICK = 1, TICKS = 20 };

int workers_watch(void)
{
	static unsigned long seen;
	static unsigned quiet;

	ticks++;
	if (limit == 1)
		return -1;
	quiet = received == seen && waiting ? quiet + 1 : 0;
	if (received == seen)
		workers_stand_in();
	seen = received;
	if (quiet < TICKS)
		return TICK;
	quiet = 0;
	unwatched = true;
	return received == seen || !atomic_exchange(&unwatched, false) ? -1 : TICK;
}

unsigned workers_ticks(void)
{
	return limit == 1 ? ++ticks : ticks;
}

static bool are_idle(void)
{
	bool idle;

	pthread_mutex_lock(&lock);
	idle = resting + waiting == made;
	pthread_mutex_unlock(&lock);
	return idle;
}

void workers_finish(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	while (!are_idle())
		nanosleep(&moment, NULL);
}
