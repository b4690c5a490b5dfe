/*
 * filter: the seccomp filter of a supervised program (seccomp(2)), for every way into the kernel that
 * a program of this machine has.
 *
 * Written by hand: it is one comparison after another, and libseccomp would be the only library that
 * the command needs besides the C library.
 */
#ifndef KEEPALIVE_FILTER_H
#define KEEPALIVE_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "program/elf_file.h"
#include "settings.h"

/*
 * Which system calls of a program its supervisor has to see, from the settings. As few as will do, since
 * each of them then waits for the supervisor.
 */
struct plan {
	const struct settings *settings;
	unsigned client; /* the profile that a new socket gets */
	bool socket;     /* socket(2) of TCP: always, but where new sockets get nothing */
	bool listen;     /* listen(2): where listeners get something else than new sockets */
	bool connect;    /* connect(2): where rules ask for the peer or its port */
	bool users;      /* setgroups(2): where the supervised may change their users and groups */
	unsigned
		held; /* bits by enum sockopt: setsockopt(2) succeeds without effect (mode=force) */
};

void plan_calls(const struct settings *settings, struct plan *plan);

/* Whether sockets that the program has already have to be reached in it, by pidfd_getfd(2). */
bool plan_reaches_into(const struct plan *plan);

enum { FILTER_MAX = 256 };

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short length;
};

void filter_build(const struct plan *plan, struct filter *filter);

/* Whether this process has such a filter already: it answers a question that no kernel knows. */
bool filter_is_on(void);

/* Which of the system calls the filter reports this is. */
enum call {
	CALL_SOCKET,
	CALL_CONNECT,
	CALL_LISTEN,
	CALL_CHANGE, /* of what the thread's sockets belong to: unshare(2), setns(2), setgroups(2) */
	CALL_OTHER,
};
enum call filter_call(const struct seccomp_data *data);

/* Whether the filter sees the socket calls of programs of this kind. */
bool filter_sees(struct abi abi);

#endif
