/*
 * iterator: reads and sets the options of TCP sockets that are open already, wherever they are: in
 * descriptors of any process, of none yet (accept(2) has not fetched them), of io_uring. By a
 * program that the kernel runs for each socket of a network namespace (Linux 5.15,
 * bpf_iter_tcp()).
 */
#ifndef KEEPALIVE_ITERATOR_H
#define KEEPALIVE_ITERATOR_H

#include "cgroup/programs.h"

/* A socket, and what a pass is to do with it; shared with the program. */
struct iterated {
	uint32_t seen;  /* a pass has come across it */
	uint32_t write; /* 0: now and entry are read; ITERATED_WRITE, ITERATED_HOLD */
	uint32_t set;   /* options to set to what is in setting, if they are as in now: bits */
	int32_t now[OPTIONS], setting[OPTIONS];
	uint32_t entry[ENTRY_WORDS]; /* what our programs keep with it; all 0: nothing */
};

/* The options, and the entry if there is one; the entry in any case. */
enum { ITERATED_WRITE = 1, ITERATED_HOLD = 3 };

struct iterator {
	int sockets, link;
};

/*
 * For so many sockets; socket_map as in struct emission. Returns false if the kernel does not let
 * us: without its own BTF, without CAP_PERFMON.
 */
bool iterator_open(struct iterator *iterator, size_t sockets, int socket_map);
void iterator_close(struct iterator *iterator);

/* One of the sockets, by its cookie (struct diag_socket). Return false without one, or memory. */
bool iterator_put(const struct iterator *iterator, uint64_t cookie, const struct iterated *socket);
bool iterator_get(const struct iterator *iterator, uint64_t cookie, struct iterated *socket);

/* A pass over the network namespace of the process. Returns false if it may not be entered. */
bool iterator_pass(const struct iterator *iterator, pid_t pid);

#endif
