/*
 * linked: the libraries that a program is linked to, found as its dynamic linker finds them
 * (ld.so(8)), and which of them make sockets out of a preload's reach.
 */
#ifndef KEEPALIVE_LINKED_H
#define KEEPALIVE_LINKED_H

#include <stdbool.h>

#include "program/elf_view.h"

struct linked {
	char raw[256]; /* those that make sockets by system calls of their own, separated by commas */
	bool intercepted; /* if any: the program or a library has calls that a preload intercepts */
};

/*
 * is_musl: its dynamic linker is musl's. A library that is not found may have such calls. Does not
 * expand $LIB and $PLATFORM, and knows no libraries that are opened later.
 */
void linked_read(const char *program, bool is_musl, struct linked *linked);

/* Whether an object is the C library, or a part of it, by its name. */
bool linked_is_c_library(const char *path);

/* Whether this is a function by which the library learns of sockets. */
bool linked_is_call(const char *name);

#endif
