/*
 * policy: which profile a socket gets, when, and who wins.
 *
 * One function for each event that a hook sees. None of them fails, and the program can notice them
 * only by the socket options. All may change errno. On a known socket they make no system call
 * unless its values change. All do nothing while configuration() is NULL.
 */
#ifndef KEEPALIVE_POLICY_H
#define KEEPALIVE_POLICY_H

#include <stdbool.h>
#include <sys/socket.h>

#include "settings.h"

/* socket(2) returned this descriptor, and it is not TCP. */
void policy_not_tcp(int fd, int domain, int type, int protocol);

/*
 * The kernel refused this option on a new socket: sets the options that come after it. Returns
 * false if the socket turns out not to be TCP. May change errno.
 */
bool policy_refused(int fd, enum sockopt option, int error);

/* Before connect(2) to this address; and after it returned 0, or -1 because it is in progress. */
void policy_before_connect(int fd);
void policy_after_connect(int fd, int result, const struct sockaddr *address, socklen_t length);

/* Before listen(2), so that the first connection inherits; and after it succeeded. */
void policy_before_listen(int fd);
void policy_after_listen(int fd);

/* Before accept(2) on this listener; and after it returned the descriptor accepted. */
void policy_before_accept(int listener);
void policy_after_accept(int listener, int accepted);

/* The program's own setsockopt(2) succeeded, for the option with that bit (options.h). */
void policy_after_setsockopt(int fd, int level, unsigned bit);

/* A descriptor that was open at load. Returns whether it is open at all. */
bool policy_inherited(int fd);

#endif
