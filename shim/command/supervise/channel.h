/*
 * channel: between a process and its supervisor, until the one executes the program.
 */
#ifndef KEEPALIVE_CHANNEL_H
#define KEEPALIVE_CHANNEL_H

#include <stdbool.h>

/* Descriptors above the standard ones, even if these are closed. */
bool channel_open(int ends[2]);

/* A number, and a descriptor if fd is not -1. */
bool channel_send(int channel, int number, int fd);

/*
 * Waits for one. *fd is -1 if none came; fd may be NULL. Returns false if the other end has gone.
 */
bool channel_receive(int channel, int *number, int *fd);

#endif
