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

#include "elf_file.h"
#include "plan.h"

enum { FILTER_MAX = 256 };

struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short length;
};

void filter_build(const struct plan *plan, struct filter *filter);

/* Whether this process has such a filter already: it answers a question that no kernel knows. */
bool filter_is_on(void);

/* Which of the system calls the filter reports this is. */
enum call { CALL_SOCKET, CALL_CONNECT, CALL_LISTEN, CALL_OTHER };
enum call filter_call(const struct seccomp_data *data);

/* Whether the filter sees the socket calls of programs of this kind. */
bool filter_sees(struct abi abi);

#endif
