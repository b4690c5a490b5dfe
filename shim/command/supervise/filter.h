/*
 * filter: the seccomp filter of a supervised program (seccomp(2)), for every way into the kernel
 * that a program of this machine has.
 *
 * Written by hand: it is one comparison after another, and libseccomp would be the only library
 * that the command needs besides the C library.
 */
#ifndef KEEPALIVE_FILTER_H
#define KEEPALIVE_FILTER_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "program/elf_file.h"
#include "settings.h"

/*
 * Which system calls of a program its supervisor has to see, from the settings. As few as will do,
 * since each of them then waits for the supervisor.
 */
struct plan {
	const struct settings *settings;
	unsigned client; /* the profile that a new socket gets */
	bool socket;     /* socket(2) of TCP: unless new sockets get nothing */
	bool listen;     /* listen(2): if some listener gets something else than new sockets */
	bool connect;    /* connect(2): if some client does, by its peer or the peer's port */
	bool users;      /* setgroups(2): if the supervised may change their users and groups */
	unsigned forced; /* bits by enum sockopt: setsockopt(2), for sockets that have mode=force */
	bool reach;      /* the program's sockets can be reached in it, by pidfd_getfd(2) */
};

void plan_calls(const struct settings *settings, struct plan *plan);

/* Whether the plan makes use of reach. */
bool plan_reaches_into(const struct plan *plan);

/* Whether roles and rules cannot be followed without. */
bool plan_needs_reach(const struct plan *plan);

/*
 * Does without: every socket has what a new one gets, and in force the program's own calls succeed
 * without effect on each, whether it is ours or not.
 */
void plan_give_up_reach(struct plan *plan);

enum { FILTER_MAX = 256 };

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short length;
};

void filter_build(const struct plan *plan, struct filter *filter);

/*
 * Whether this process has such a filter already, and a supervisor who serves it here, or who
 * leaves the sockets alone that it makes in this network namespace or cgroup. A supervisor answers
 * a question that no kernel knows.
 */
enum filter_state { FILTER_OFF, FILTER_SERVES, FILTER_ELSEWHERE };
enum filter_state filter_state(void);

/* Whether socket(2) with these arguments is that question, and the errors that answer it. */
enum { FILTER_QUESTION = 0x6b656570, FILTER_YES = EALREADY, FILTER_NOT_HERE = EXDEV };

/* Which of the system calls the filter reports this is. */
enum call {
	CALL_SOCKET,
	CALL_CONNECT,
	CALL_LISTEN,
	CALL_SETSOCKOPT,
	CALL_CHANGE, /* of what the thread's sockets belong to: unshare(2), setns(2), setgroups(2) */
	CALL_OTHER,
};
enum call filter_call(const struct seccomp_data *data);

/* Whether the filter sees the socket calls of programs of this kind. */
bool filter_sees(struct abi abi);

#endif
