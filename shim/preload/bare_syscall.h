/*
 * bare_syscall: the system call instruction itself.
 */
#ifndef KEEPALIVE_BARE_SYSCALL_H
#define KEEPALIVE_BARE_SYSCALL_H

/*
 * As syscall(2), for when that is not found (yet). Only on 64-bit machines: elsewhere it fails,
 * which only a program of musl with a dlsym() of its own meets.
 */
long bare_syscall(long number, ...);

#endif
