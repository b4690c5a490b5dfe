/*
 * sockopts: reading and setting the options of settings.h, and giving a socket one profile instead
 * of another.
 */
#ifndef KEEPALIVE_SOCKOPTS_H
#define KEEPALIVE_SOCKOPTS_H

#include "decide.h"

/* Whether it is TCP or MPTCP over IPv4 or IPv6. mptcp, which of the two, may be NULL. */
bool sockopts_apply_to(int fd, bool *mptcp);

/* setsockopt(2) of one of the options. Returns 0 or an errno. */
int sockopt_set(int fd, enum sockopt option, int32_t value);

/* Sets the profile's own options on a new socket, which nobody else can have configured. */
void sockopts_arm(int fd, const struct profile *profile);

/* All the options of a socket. */
void sockopts_read(int fd, struct values *values);

/*
 * The values of a new socket in this process's network namespace, read at the first call. They are
 * set for "kernel", because no value of setsockopt(2) means "as in the sysctl".
 */
const struct values *sockopts_of_kernel(void);

/*
 * Gives the socket the profile with that number, as decide() decides. given is as for
 * standing_of(); owned: options that the program is known to have set, whatever their values.
 * Options that the kernel refuses are skipped. Returns the socket's standing afterwards.
 */
struct standing sockopts_apply(int fd, const struct settings *settings, unsigned given,
			       unsigned owned, unsigned number);

#endif
