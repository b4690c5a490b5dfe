/*
 * code: which system calls a program's own code makes, as far as their numbers are loaded shortly
 * before: by an instruction of its own, or by syscall(2) of the C library.
 */
#ifndef KEEPALIVE_CODE_H
#define KEEPALIVE_CODE_H

#include <stdbool.h>

#include "program/elf_view.h"

struct calls {
	bool socket;     /* socket(2) */
	bool connection; /* connect(2), accept(2) or accept4(2) by syscall(2) */
	bool uring;      /* io_uring_setup(2) */
	bool unknown; /* syscall(2) with a number that does not show, or on a machine unknown here */
};

/* Reads x86-64 and aarch64; of other machines only whether they import syscall(2). */
void code_read(const struct elf_view *view, struct calls *calls);

/*
 * Whether it makes socket(2), as `socket` above. Much faster, for the many libraries of a program.
 */
bool code_makes_sockets(const struct elf_view *view);

#endif
