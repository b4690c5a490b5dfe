/*
 * next: the definitions behind ours, that the hooks call.
 */
#ifndef KEEPALIVE_NEXT_H
#define KEEPALIVE_NEXT_H

#include <sys/socket.h>

struct next {
	int (*socket)(int domain, int type, int protocol);
	int (*connect)(int fd, const struct sockaddr *address, socklen_t length);
	int (*accept)(int fd, struct sockaddr *address, socklen_t *length);
	int (*accept4)(int fd, struct sockaddr *address, socklen_t *length, int flags);
	int (*listen)(int fd, int backlog);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t length);
};

/* The system calls themselves: for a process in which no definition behind ours can be found. */
extern const struct next next_system_calls;

/*
 * Fills *next with what dlsym(RTLD_NEXT) finds behind the hooks of this object: the C library's
 * functions (cancellation points, where POSIX has them) or another preload's. What is not found is
 * the bare system call. Every C library has all six, so dlsym() has no error text to allocate.
 * May be called at any time, repeatedly, by several threads: the result is the same.
 */
void next_find(struct next *next);

#endif
