/*
 * deviation: what a process's sockets really have, against its settings.
 */
#ifndef KEEPALIVE_DEVIATION_H
#define KEEPALIVE_DEVIATION_H

#include <stddef.h>
#include <sys/types.h>

#include "settings.h"

struct deviation {
	size_t sockets;   /* TCP sockets whose values can be seen */
	size_t differing; /* of these, with other values than the settings have for them */
	char first[128];  /* one of them: "listener 0.0.0.0:80 has keepalive off"; empty if none */
};

/* Looks at copies of the descriptors, also of listeners (connections_read()). */
void deviation_read(pid_t pid, const struct settings *settings, struct deviation *deviation);

#endif
