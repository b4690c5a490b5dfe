/*
 * next: finds the next definitions (those that programs would call without us), and the other
 * functions that we call.
 *
 * They are searched behind this object and never by name alone: a program may have a function or a
 * variable of its own that is called syscall or getsockopt, which must not be used.
 */
#ifndef KEEPALIVE_NEXT_H
#define KEEPALIVE_NEXT_H

#include "hooks.h"

/* The bare system calls, for a process in which the next definitions cannot be found. */
extern const struct next next_system_calls;

/*
 * Sets errno_location, syscall and getauxval, if they are NULL, to what is available without a
 * lookup: to stubs in a program that has something else with these names, and syscall to the
 * instruction.
 */
void next_begin(struct next *next);

/*
 * Fills *next, and memory.program_syscall, with what dlsym(RTLD_NEXT) finds behind the hooks: the C
 * library's functions (cancellation points, where POSIX has them) or another preload's; the bare
 * system call for what is not found. Every C library has all of them, so dlsym() does not allocate
 * an error message. May be called at any time after next_begin(), repeatedly and by several
 * threads, with the same result.
 */
void next_find(struct next *next);

#endif
