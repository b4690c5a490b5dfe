/*
 * sandbox: programs that confine themselves after load with a seccomp(2) filter, which may kill the
 * process for a call that the program itself never makes.
 *
 * The hooks for prctl(2) and syscall(2), the two ways to seccomp(2) through the C library, see the
 * filter. We run its program for each call that the shim may make. From then on, our own calls go
 * through guards: a call that the filter would kill, trap or report is not made and fails with
 * EPERM.
 *
 * Filters belong to a thread, but the guards apply to the whole process, because finding out which
 * thread has which filter would take calls that may be forbidden too. A filter with which the
 * process was started is not seen (it allows the program's own socket(); systemd.exec(5) has no
 * filter by argument), nor is one that is installed past the C library.
 */
#ifndef KEEPALIVE_SANDBOX_H
#define KEEPALIVE_SANDBOX_H

#include <stdbool.h>

#include "settings.h"

/*
 * Called before the program installs a filter: from now on we make only calls that it allows.
 * program: a struct sock_fprog, NULL for strict mode. Returns it, or NULL if it cannot be read,
 * which counts as one that allows nothing: the pointer may be wrong, or an earlier filter may
 * answer instead of the kernel.
 */
const void *sandbox_begin(const void *program);

/*
 * Called if it was not installed, with what sandbox_begin() returned. Nothing is left to be undone
 * if the thread does not come back from the call, or if another thread forks meanwhile.
 */
void sandbox_failed(const void *program);

/* Whether the program's filter keeps us from setting the option. */
bool sandbox_forbids(enum sockopt option);

#endif
