/*
 * next: finds the definitions behind ours, and what else we call of the C library.
 *
 * Found behind this object and never by name alone: a program may have a function or a variable of
 * its own that is called syscall or getsockopt, and must not meet us.
 */
#ifndef KEEPALIVE_NEXT_H
#define KEEPALIVE_NEXT_H

#include "hooks.h"

/* The system calls themselves: for a process in which no definition behind ours can be found. */
extern const struct next next_system_calls;

/*
 * Sets errno_location, syscall and getauxval, if they are NULL, to what can be had without looking
 * anything up: to stubs in a program that has something of its own with these names, syscall to the
 * instruction.
 */
void next_begin(struct next *next);

/*
 * Fills *next with what dlsym(RTLD_NEXT) finds behind the hooks of this object: the C library's
 * functions (cancellation points, where POSIX has them) or another preload's. What is not found is
 * the bare system call. Every C library has all of them, so dlsym() has no error text to allocate.
 * May be called at any time after next_begin(), repeatedly, by several threads: the result is the
 * same.
 */
void next_find(struct next *next);

#endif
