/*
 * notification: a call that the filter has handed over, and the answers to it (seccomp_unotify(2)).
 *
 * If we are stopped (SIGSTOP, a freezer, a debugger), some of these ioctls are interrupted. They
 * have then done nothing, so they are repeated.
 */
#ifndef KEEPALIVE_NOTIFICATION_H
#define KEEPALIVE_NOTIFICATION_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

struct notification {
	struct seccomp_notif call;
	bool added; /* the caller's table has a descriptor that the caller does not know of yet */
	int descriptor;
};

/* Sets the filter's descriptor. To be called once. */
void notifications_from(int the_listener);

/*
 * Waits for the next call. Returns false if there was none: its caller was interrupted or killed,
 * or no process that can call is left.
 */
bool notification_receive(struct notification *notification);

/* Whether no process has the filter any more. */
bool notifications_are_over(void);

pid_t notification_thread(const struct notification *notification);
int notification_argument(const struct notification *notification, unsigned i);

/* Whether the caller still waits; if not, its number may be another thread's by now. */
bool notification_is_valid(const struct notification *notification);

/* The answers. If the caller has gone meanwhile, they have no effect. */
void notification_go_on(const struct notification *notification); /* the kernel makes the call */
void notification_fail(const struct notification *notification, int error);
void notification_return(const struct notification *notification, int value);

/*
 * Answers a call that a supervisor was serving when it ended: with the descriptor that is in the
 * caller's table already, otherwise by letting the kernel make the call. Harmless if it was
 * answered.
 */
void notification_abandoned(const struct notification *notification);

/*
 * Puts a copy of our descriptor into the caller's table. This is not the answer yet: until there is
 * one, the program does not know of it, and we can close ours first. (SECCOMP_ADDFD_FLAG_SEND does
 * both at once, but answers before the descriptor is there: if we are stopped in between, socket(2)
 * returns 0.) Returns its number there, or -1 and errno: EMFILE, or ENOENT if the caller has gone.
 */
int notification_add_descriptor(struct notification *notification, int fd, bool cloexec);

#endif
