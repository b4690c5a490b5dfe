/*
 * lookalikes: variables that are not read, although somebody seems to have set them for the shim:
 * misspelt names, those of earlier versions, and those of other keepalive libraries.
 */
#ifndef KEEPALIVE_LOOKALIKES_H
#define KEEPALIVE_LOOKALIKES_H

#include <stdbool.h>

/*
 * Warns if the entry, NAME=value, is one of them. shared: also for names that other programs read
 * for their own purposes (KEEPALIVE, KEEPALIVE_INTERVAL, TCP_USER_TIMEOUT).
 */
void lookalike_warn(const char *entry, bool shared);

/* The same for all of an environment (environ(7)). */
void lookalikes_warn(char *const *environment, bool shared);

/* The variable that was most likely meant by this name; NULL if none is similar. */
const char *variable_meant(const char *name);

#endif
