/*
 * bare_syscall: the system call instruction itself.
 */
#ifndef KEEPALIVE_BARE_SYSCALL_H
#define KEEPALIVE_BARE_SYSCALL_H

/*
 * Like syscall(2), for use while that has not been found. Works on 64-bit machines only; elsewhere
 * it fails, which affects only musl programs with a dlsym() of their own.
 */
long bare_syscall(long number, ...);

#endif
