/*
 * sandbox: programs that confine themselves after load, by a seccomp(2) filter that may kill for a
 * call that the program itself never makes.
 *
 * The hooks on prctl(2) and syscall(2), the two ways to seccomp(2) through the C library, see the
 * filter. Its program is run, here, for each call that the shim may make. From then on the shim's
 * own calls go through guards: what the filter would kill, trap or ask somebody about is not made
 * and fails with EPERM.
 *
 * Filters are a thread's; the guards are for the whole process: which thread has which filter could
 * only be asked by calls that may be forbidden themselves. A filter that the process was started
 * with is not seen (it lets the program's own socket() through; systemd.exec(5) has no filter by
 * argument), nor is one that is installed past the C library.
 */
#ifndef KEEPALIVE_SANDBOX_H
#define KEEPALIVE_SANDBOX_H

#include <stdbool.h>

#include "settings.h"

/* Before the program asks for a filter: nothing of ours is called until it is known. */
void sandbox_begin(void);

/* After that: installed is whether it was; program is a struct sock_fprog, NULL for strict mode. */
void sandbox_end(bool installed, const void *program);

/* Whether the option is not set because of the program's filter. */
bool sandbox_forbids(enum sockopt option);

#endif
