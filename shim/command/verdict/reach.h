/*
 * reach: where the calls of a running process lead that the library should intercept, for each
 * object. This is read from the slots in its memory, so it does not matter how an object was
 * loaded. And which libraries make sockets without such calls, by their code.
 */
#ifndef KEEPALIVE_REACH_H
#define KEEPALIVE_REACH_H

#include <stdbool.h>
#include <sys/types.h>

struct reach {
	int error;         /* errno if its memory cannot be read: then the rest is zero */
	unsigned reached;  /* objects with a call that leads to the library */
	unsigned bypassed; /* objects with a call that leads directly to the C library */
	char names[256];   /* the names of some of these, separated by commas */
	char raw[256];     /* of libraries that make sockets by system calls of their own */
	char unread[256];  /* and of objects that could not be read */
};

/*
 * Checks socket, connect, accept, accept4 and listen. Slots that are filled at the first call only,
 * and addresses that the program got from dlsym(3), cannot be seen.
 */
void reach_read(pid_t pid, struct reach *reach);

#endif
