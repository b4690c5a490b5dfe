/*
 * deviation: compares a process's sockets with its settings.
 */
#ifndef KEEPALIVE_DEVIATION_H
#define KEEPALIVE_DEVIATION_H

#include <stddef.h>
#include <sys/types.h>

#include "settings.h"

struct deviation {
	size_t sockets;   /* TCP sockets whose values can be seen */
	size_t differing; /* of these, with values other than those in the settings */
	char first[128];  /* one of them: "listener 0.0.0.0:80 has keepalive off"; empty if none */
};

/* Uses copies of the descriptors, of listeners too (connections_read()). */
void deviation_read(pid_t pid, const struct settings *settings, struct deviation *deviation);

#endif
