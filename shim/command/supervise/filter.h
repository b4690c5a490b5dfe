/*
 * filter: the seccomp filter of a supervised program (seccomp(2)), for every system call interface
 * of this machine.
 *
 * Written by hand: it is a sequence of comparisons, and libseccomp would be the only library that
 * the command needs besides the C library.
 */
#ifndef KEEPALIVE_FILTER_H
#define KEEPALIVE_FILTER_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "program/elf_file.h"
#include "settings.h"

/*
 * The system calls of a program that its supervisor must see, derived from the settings. They are
 * as few as possible, because each of them waits for the supervisor.
 */
struct plan {
	const struct settings *settings;
	unsigned client; /* the profile that a new socket gets */
	bool socket;     /* socket(2) of TCP: unless new sockets get nothing */
	bool listen;     /* listen(2): if some listeners get other options than new sockets */
	bool connect;    /* connect(2): if some clients do, because of the peer or its port */
	bool users;      /* setgroups(2): if supervised threads may change their users and groups */
	/* setsockopt(2) of these options, enum sockopt bits: */
	unsigned forced; /* because of sockets with mode=force */
	unsigned noted;  /* because of sockets that a later profile leaves to the program */
	bool mixed;      /* some sockets have mode=force, others do not */
	bool reach;      /* the sockets of the program can be accessed, with pidfd_getfd(2) */
};

void plan_calls(const struct settings *settings, struct plan *plan);

/* Whether the plan needs reach. */
bool plan_reaches_into(const struct plan *plan);

/* Whether roles and rules need reach. */
bool plan_needs_reach(const struct plan *plan);

/*
 * Changes the plan to do without reach: every socket has the values of a new one, and with
 * mode=force the program's own calls succeed without effect on every descriptor.
 */
void plan_give_up_reach(struct plan *plan);

enum { FILTER_MAX = 256 };

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short length;
};

void filter_build(const struct plan *plan, struct filter *filter);

/*
 * Whether this process has such a filter already, and a supervisor that serves it here, or that
 * leaves sockets in this network namespace or cgroup alone. Found out by a call that no kernel
 * knows and that a supervisor answers.
 */
enum filter_state { FILTER_OFF, FILTER_SERVES, FILTER_ELSEWHERE };
enum filter_state filter_state(void);

/* Whether socket(2) with these arguments is that call, and the errors that answer it. */
enum { FILTER_QUESTION = 0x6b656570, FILTER_YES = EALREADY, FILTER_NOT_HERE = EXDEV };

/* The system calls that the filter reports. */
enum call {
	CALL_SOCKET,
	CALL_CONNECT,
	CALL_LISTEN,
	CALL_SETSOCKOPT,
	CALL_CHANGE, /* changes what the thread's sockets belong to: unshare(2), setns(2), setgroups(2) */
	CALL_OTHER,
};
enum call filter_call(const struct seccomp_data *data);

/* Whether the filter sees the socket calls of programs with this ABI. */
bool filter_sees(struct abi abi);

#endif
