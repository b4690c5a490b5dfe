/*
 * notes: what the programs set on sockets that may still get another profile.
 *
 * The values of a socket do not show it where the program's value is the one that the socket had,
 * as with SO_KEEPALIVE 1. A note is found by the socket's cookie, which no other socket ever has.
 * There is room for the last few thousand; of older sockets only the values are known.
 */
#ifndef KEEPALIVE_NOTES_H
#define KEEPALIVE_NOTES_H

#include "decide.h"

/* To be called before the supervisor and its successors are started, which share the notes. */
void notes_prepare(void);

/* The program sets these options. given: the profile that the socket has, if nothing is noted. */
void notes_add(int fd, unsigned given, unsigned options);

/*
 * The socket's standing as it is noted: its profile (PROFILE_NONE if it has no values of ours) and
 * what the program set. If nothing is noted: given, and nothing.
 */
struct standing notes_of(int fd, unsigned given);

/* Changes the note, if there is one. */
void notes_change(int fd, const struct standing *standing);

#endif
