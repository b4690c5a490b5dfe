/*
 * library: where libkeepalive-shim.so is, and how it gets into LD_PRELOAD.
 */
#ifndef KEEPALIVE_LIBRARY_H
#define KEEPALIVE_LIBRARY_H

#include "program/elf_file.h"

#define LIBRARY_NAME "libkeepalive-shim.so"

struct library {
	char path[PATH_MAX]; /* absolute; empty if none was found */
	struct abi abi;
	bool usable; /* LD_PRELOAD can carry the path */
};

/*
 * Looks for the library: at the given path, or if that is NULL beside this program and in the
 * places where it is installed relative to it; for programs of this abi if there is one (if its
 * machine is EM_NONE, of any). Returns false, after a message, if there is none at the path given.
 */
bool library_find(const char *given, struct abi wanted, struct library *library);

/*
 * Puts the library into LD_PRELOAD of our environment: first, but behind a sanitizer's runtime,
 * which must be. What is there is kept; other copies of the library are dropped, but not those that
 * are named by $LIB, by which 32-bit programs find theirs.
 */
void library_preload(const struct library *library);

/*
 * Drops what is of another architecture from LD_PRELOAD if the program's dynamic linker is musl's:
 * glibc's passes over it, musl's maps it and ends.
 */
void library_drop_foreign(const struct elf *elf);

#endif
