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

/* For a new socket, which nobody can have configured: sets the profile's own options. */
void sockopts_arm(int fd, const struct profile *profile);

/* All the options of a socket. */
void sockopts_read(int fd, struct values *values);

/*
 * What a new socket has, in this process's network namespace when it was first asked: what stands
 * for "kernel", since no value of setsockopt(2) means "as the sysctl says".
 */
const struct values *sockopts_of_kernel(void);

/*
 * Gives the socket the profile with that number, as decide() has it. given: as for standing_of().
 * What the kernel refuses is passed over. Returns where the socket stands then.
 */
struct standing sockopts_apply(int fd, const struct settings *settings, unsigned given,
			       unsigned number);

#endif
