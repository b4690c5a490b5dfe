/*
 * library: finds libkeepalive-shim.so, and adds it to LD_PRELOAD.
 */
#ifndef KEEPALIVE_LIBRARY_H
#define KEEPALIVE_LIBRARY_H

#include "program/elf_file.h"
#include "text.h"

#define LIBRARY_NAME "libkeepalive-shim.so"

struct library {
	char path[PATH_MAX]; /* absolute; empty if none was found */
	struct abi abi;
	bool usable; /* LD_PRELOAD can contain the path */
};

/*
 * Looks for the library: at the given path or, if that is NULL, beside this program and in the
 * places where it is installed relative to it. Prefers one for programs of this ABI; for any if its
 * machine is EM_NONE. Returns false, after a message, if there is none at the path given.
 */
bool library_find(const char *given, struct abi wanted, struct library *library);

/*
 * The value of LD_PRELOAD with the library at path added to those present, for free(3): first, but
 * behind a sanitizer's runtime, which must be first. Other entries are kept, except other copies of
 * the library that are not named by $LIB, by which 32-bit programs find theirs.
 */
char *library_list(const char *path, struct slice present);

/*
 * Whether a mapped file is the library by its name: also a copy that a package manager has replaced,
 * which is deleted, or has a longer name for a while.
 */
bool library_is_file(const char *path);

/* Adds the library to LD_PRELOAD of our environment. */
void library_preload(const struct library *library);

/*
 * Removes libraries for other ABIs than this from LD_PRELOAD: glibc's dynamic linker ignores them,
 * but musl's stops.
 */
void library_drop_foreign(struct abi abi);

#endif
