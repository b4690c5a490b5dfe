/*
 * hooks: the functions that take the place of the C library's.
 *
 * Named by their symbols and not by their declarations, since <sys/socket.h> of glibc declares
 * connect() and accept() with a transparent union and musl's with a pointer.
 */
#ifndef KEEPALIVE_HOOKS_H
#define KEEPALIVE_HOOKS_H

#include <sys/socket.h>

/* flatten: the fast paths stand in the hooks, though the compiler goes for size (-Os). */
#define HOOK __attribute__((visibility("default"), flatten))

HOOK int hook_socket(int domain, int type, int protocol) __asm__("socket");
HOOK int hook_connect(int fd, const struct sockaddr *address, socklen_t length) __asm__("connect");
HOOK int hook_accept(int fd, struct sockaddr *address, socklen_t *length) __asm__("accept");
HOOK int hook_accept4(int fd, struct sockaddr *address, socklen_t *length,
		      int flags) __asm__("accept4");
HOOK int hook_listen(int fd, int backlog) __asm__("listen");
HOOK int hook_setsockopt(int fd, int level, int name, const void *value,
			 socklen_t length) __asm__("setsockopt");

/*
 * What programs with a 64-bit time_t call on 32-bit machines (glibc 2.34, _TIME_BITS=64: all of Debian 13's
 * on armhf). The C library has one definition under both names, and so have we.
 */
#if __SIZEOF_LONG__ == 4
HOOK int hook_setsockopt64(int fd, int level, int name, const void *value,
			   socklen_t length) __asm__("__setsockopt64");
#endif

#endif
