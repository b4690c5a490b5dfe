/*
 * sockopts: reading and setting the options of settings.h, and giving a socket one profile instead of
 * another.
 */
#ifndef KEEPALIVE_SOCKOPTS_H
#define KEEPALIVE_SOCKOPTS_H

#include "settings.h"

/* Whether it is TCP or MPTCP over IPv4 or IPv6. mptcp, which of the two, may be NULL. */
bool sockopts_apply_to(int fd, bool *mptcp);

/* getsockopt(2) and setsockopt(2) of one of the options. Return 0 or an errno. */
int sockopt_get(int fd, enum sockopt option, int32_t *value);
int sockopt_set(int fd, enum sockopt option, int32_t value);

/*
 * Gives the socket the values of a profile, option by option. was is the profile it was given before,
 * all zero for none: an option that no longer has that value is the program's own and stays, unless
 * the profile has mode=force. What the kernel refuses is passed over.
 */
void sockopts_apply(int fd, const struct profile *was, const struct profile *profile);

/* The same for a new socket, which nobody can have configured: only the profile's own options are set. */
void sockopts_arm(int fd, const struct profile *profile);

#endif
