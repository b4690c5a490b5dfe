/*
 * libc: all symbols that the library takes from the C library by name, each of them weak.
 *
 * The same object must work with glibc old and new, with musl, and in programs without a C library.
 * A weak symbol that is missing is NULL; a strong one would keep the program from starting. So no
 * other symbol may be used, which tests/object.bats checks.
 *
 * The loader binds such a name to the first definition, which may be a function or a variable of
 * the program itself. So only next.c uses these symbols, to find the next definitions; everything
 * else, errno included, is called through struct next. The exception is __environ, because whatever
 * has that name is what getenv(3) reads.
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

/* In glibc before 2.34, the only way to reach dlsym() in a program that does not link libdl. */
void *__libc_dlopen_mode(const char *name, int mode) __attribute__((weak));
void *__libc_dlsym(void *handle, const char *name) __attribute__((weak));

#endif
