/*
 * libc: everything the object asks of the C library by name, each symbol weak.
 *
 * One object serves glibc old and new, musl, and programs that have no C library at all: a weak
 * symbol that is absent is NULL, a strong one would keep the host program from starting. Hence no
 * other symbol may be used; tests/object.bats holds the object against this list.
 *
 * The loader binds such a name to whatever has it first, the program's own function or variable
 * included. So only next.c uses them, for finding what lies behind us: everything else goes through
 * struct next, errno too. __environ alone is taken as it is: what has that name is what getenv(3)
 * reads.
 */
#ifndef KEEPALIVE_LIBC_H
#define KEEPALIVE_LIBC_H

#include <dlfcn.h>
#include <errno.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* NOLINTBEGIN(readability-redundant-declaration): of glibc, which musl does not declare */
extern char **__environ;
void *dlvsym(void *handle, const char *name, const char *version);
/* NOLINTEND(readability-redundant-declaration) */

#pragma weak __errno_location
#pragma weak __environ
#pragma weak dlsym
#pragma weak dlvsym
#pragma weak getauxval

/* In glibc before 2.34 the only ways to dlsym() for a program that does not link libdl. */
void *__libc_dlopen_mode(const char *name, int mode) __attribute__((weak));
void *__libc_dlsym(void *handle, const char *name) __attribute__((weak));

#endif
