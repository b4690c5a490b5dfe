/*
 * channel: a socket between a process and its supervisor, used until the process executes the
 * program.
 */
#ifndef KEEPALIVE_CHANNEL_H
#define KEEPALIVE_CHANNEL_H

#include <stdbool.h>

/* Makes the two ends, as descriptors above the standard ones, even if these are closed. */
bool channel_open(int ends[2]);

/* Sends a number, and a descriptor if fd is not -1. */
bool channel_send(int channel, int number, int fd);

/*
 * Receives them. *fd is -1 if no descriptor came; fd may be NULL. Returns false if the other end is
 * closed.
 */
bool channel_receive(int channel, int *number, int *fd);

#endif
