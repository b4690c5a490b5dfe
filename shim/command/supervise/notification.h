/*
 * notification: one call that the filter has handed over, and the answers to it
 * (seccomp_unotify(2)).
 *
 * Whatever stops us for a while (SIGSTOP, a freezer, a debugger) interrupts some of these ioctls.
 * None of them then has done anything, so they are made again.
 */
#ifndef KEEPALIVE_NOTIFICATION_H
#define KEEPALIVE_NOTIFICATION_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

struct notification {
	struct seccomp_notif call;
	bool added; /* a descriptor is in the caller's table that the caller does not know of yet */
	int descriptor;
};

/* The filter's descriptor, once for all. */
void notifications_from(int the_listener);

/*
 * Waits for the next call. Returns false if there was none after all: its caller was interrupted or
 * killed, or nobody is left who could call.
 */
bool notification_receive(struct notification *notification);

/* Nobody has the filter any more. */
bool notifications_are_over(void);

pid_t notification_thread(const struct notification *notification);
int notification_argument(const struct notification *notification, unsigned i);

/* Whether the caller still waits: else its number may be somebody else's by now. */
bool notification_is_valid(const struct notification *notification);

/* The answers. If the caller has gone meanwhile, nobody needs one. */
void notification_go_on(const struct notification *notification); /* the kernel makes the call */
void notification_fail(const struct notification *notification, int error);
void notification_return(const struct notification *notification, int value);

/*
 * Answers a call that somebody else was serving, who has ended: with the descriptor that is in the
 * caller's table already, else the kernel makes the call. No harm if it was answered.
 */
void notification_abandoned(const struct notification *notification);

/*
 * Puts a copy of our descriptor into the caller's table. No answer yet: until there is one the
 * program does not know of it, and we can close ours first. (SECCOMP_ADDFD_FLAG_SEND, which is both
 * in one, answers before the descriptor is there: who is stopped in between makes socket(2) return
 * 0.) Returns the number there, or -1 and errno: EMFILE, or ENOENT if the caller has gone.
 */
int notification_add_descriptor(struct notification *notification, int fd, bool cloexec);

#endif
