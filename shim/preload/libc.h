/*
 * libc: everything the preload uses of the C library, each symbol weak.
 *
 * One object serves glibc old and new, musl, and programs that have no C library at all: a weak symbol
 * that is absent is NULL, a strong one would keep the host program from starting. Hence no other
 * symbol may be used; tests/object.bats holds the object against this list.
 */
#ifndef KEEPALIVE_LIBC_H
#define KEEPALIVE_LIBC_H

#include <dlfcn.h>
#include <errno.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma weak __errno_location
#pragma weak environ
#pragma weak dlsym
#pragma weak getauxval
#pragma weak getpeername
#pragma weak getsockname
#pragma weak getsockopt
#pragma weak syscall

/* In glibc before 2.34 the only ways to dlsym() for a program that does not link libdl. */
void *__libc_dlopen_mode(const char *name, int mode) __attribute__((weak));
void *__libc_dlsym(void *handle, const char *name) __attribute__((weak));

#endif
