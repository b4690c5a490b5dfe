/*
 * iterator: reads and sets the options of open TCP sockets, wherever they are: in any process's
 * descriptors, in none yet (not yet fetched by accept(2)), or in io_uring. The kernel runs a
 * program for each socket of a network namespace (Linux 5.15, bpf_iter_tcp()).
 */
#ifndef KEEPALIVE_ITERATOR_H
#define KEEPALIVE_ITERATOR_H

#include "cgroup/programs.h"

/* A socket, and what a pass does with it; shared with the program. */
struct iterated {
	uint32_t seen;  /* a pass has found it */
	uint32_t write; /* 0: now and entry are read; ITERATED_WRITE, ITERATED_HOLD */
	uint32_t set;   /* options to set to what is in setting, if they are as in now: bits */
	int32_t now[OPTIONS], setting[OPTIONS];
	uint32_t entry[ENTRY_WORDS]; /* what our programs store with it; all 0: nothing */
};

/* WRITE sets the options, and the entry if there is one; HOLD also makes the entry. */
enum { ITERATED_WRITE = 1, ITERATED_HOLD = 3 };

struct iterator {
	int sockets, link;
};

/*
 * Opens it for this many sockets; socket_map is as in struct emission. Returns false if the kernel
 * does not allow it: without its own BTF, or without CAP_PERFMON.
 */
bool iterator_open(struct iterator *iterator, size_t sockets, int socket_map);
void iterator_close(struct iterator *iterator);

/*
 * Store and read the entry of a socket, by its cookie (struct diag_socket). Return false if there is
 * no memory, or no such entry.
 */
bool iterator_put(const struct iterator *iterator, uint64_t cookie, const struct iterated *socket);
bool iterator_get(const struct iterator *iterator, uint64_t cookie, struct iterated *socket);

/* Makes a pass over the network namespace of the process. Returns false if it cannot be entered. */
bool iterator_pass(const struct iterator *iterator, pid_t pid);

#endif
