/*
 * reach: where the calls that the library takes the place of lead in a running process, object by
 * object: the slots of its memory say, whatever way an object was loaded.
 */
#ifndef KEEPALIVE_REACH_H
#define KEEPALIVE_REACH_H

#include <stdbool.h>
#include <sys/types.h>

struct reach {
	int error;         /* errno why its memory cannot be read: the rest is zero */
	unsigned reached;  /* objects with a call that leads to the library */
	unsigned bypassed; /* with one that leads to the C library at once */
	char names[256];   /* of some of these, with commas between */
};

/*
 * Looks at socket, connect, accept, accept4 and listen. Slots that are filled at the first call
 * only, and addresses that the program asked dlsym(3) for, do not show.
 */
void reach_read(pid_t pid, struct reach *reach);

#endif
