/*
 * traits: how a dynamic program makes its sockets, as far as its file shows: its imports, the
 * libraries it is linked to, and system calls in its own code.
 */
#ifndef KEEPALIVE_TRAITS_H
#define KEEPALIVE_TRAITS_H

#include <stdbool.h>

#include "program/code.h"

struct traits {
	bool imports_socket; /* socket(2) of the C library */
	struct calls calls;  /* system calls of its own: rustix, Free Pascal's units, syscall(2) */
	bool rcmd;           /* lets the C library connect: rcmd(3), rexec(3) */
	bool asan; /* AddressSanitizer's runtime, which refuses to start behind another preload */
	unsigned php; /* PHP's version, 802 for 8.2; 0: it is not PHP */
};

/* Reads them from the file; all zero if it cannot be read. */
void traits_read(const char *path, struct traits *traits);

#endif
