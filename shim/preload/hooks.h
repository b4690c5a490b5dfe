/*
 * hooks: the functions that replace the C library's, one row each. The prototypes, struct next, the
 * lookup of the next definitions, the exported symbols and the tests' list of them are derived from
 * the rows.
 *
 * ROW(name, parameters, call): programs that call name() get hook_name(). call is the system call
 * that is made if no other definition is found (next.c). To add a hook, add a row, a function in
 * interpose.c, and what it means to policy.c (shim/README.md).
 */
#ifndef KEEPALIVE_HOOKS_H
#define KEEPALIVE_HOOKS_H

#include <sys/socket.h>

/* clang-format off */
#define HOOKS(ROW) \
	ROW(socket, (int domain, int type, int protocol), (SYS_socket, domain, type, protocol)) \
	ROW(connect, (int fd, const struct sockaddr *address, socklen_t length), \
	    (SYS_connect, fd, address, length)) \
	ROW(accept, (int fd, struct sockaddr *address, socklen_t *length), \
	    (SYS_accept4, fd, address, length, 0)) \
	ROW(accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags), \
	    (SYS_accept4, fd, address, length, flags)) \
	ROW(listen, (int fd, int backlog), (SYS_listen, fd, backlog)) \
	ROW(setsockopt, (int fd, int level, int name, const void *value, socklen_t length), \
	    (SYS_setsockopt, fd, level, name, value, length)) \
	ROW(prctl, (int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d), \
	    (SYS_prctl, option, a, b, c, d))

/* Functions that we call, but do not replace. */
#define OTHER_CALLS(ROW) \
	ROW(getsockopt, (int fd, int level, int name, void *value, socklen_t *length), \
	    (SYS_getsockopt, fd, level, name, value, length)) \
	ROW(getsockname, (int fd, struct sockaddr *address, socklen_t *length), \
	    (SYS_getsockname, fd, address, length)) \
	ROW(getpeername, (int fd, struct sockaddr *address, socklen_t *length), \
	    (SYS_getpeername, fd, address, length))
/* clang-format on */

/*
 * flatten: inlines the fast paths into the hooks, although the compiler optimises for size (-Os).
 */
#define HOOK __attribute__((visibility("default"), flatten))

/*
 * Declared by their symbols, because glibc's <sys/socket.h> declares connect() and accept() with a
 * transparent union, and musl's with a pointer.
 */
#define HOOK_PROTOTYPE(name, parameters, call) HOOK int hook_##name parameters __asm__(#name);
HOOKS(HOOK_PROTOTYPE)

/*
 * The names that programs with a 64-bit time_t use on 32-bit machines (glibc 2.34, _TIME_BITS=64;
 * all of Debian 13's on armhf). As in the C library, both names have the same definition.
 */
#if __SIZEOF_LONG__ == 4
HOOK int hook_prctl64(int option, unsigned long a, unsigned long b, unsigned long c,
		      unsigned long d) __asm__("__prctl_time64");
HOOK int hook_setsockopt64(int fd, int level, int name, const void *value,
			   socklen_t length) __asm__("__setsockopt64");
#endif

/*
 * Jumps to the next definition, except for seccomp(2) and prctl(2). It touches neither the stack
 * nor registers, because a call may return twice, or on another stack (syscall.c).
 */
HOOK long hook_syscall(long number, ...) __asm__("syscall");

/* The next definitions, which the hooks call, and the other functions that we call. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration */
#define NEXT_MEMBER(name, parameters, call) int(*name) parameters;

struct next {
	HOOKS(NEXT_MEMBER)
	OTHER_CALLS(NEXT_MEMBER)
	int (*set_option)(int fd, int level, int name, const void *value,
			  socklen_t length); /* ours */
	int *(*errno_location)(void);
	long (*syscall)(long number, ...);
	unsigned long (*getauxval)(unsigned long type);
};

#endif
