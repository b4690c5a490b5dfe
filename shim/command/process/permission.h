/*
 * permission: why another process's descriptors may not be accessed, and what would help.
 */
#ifndef KEEPALIVE_PERMISSION_H
#define KEEPALIVE_PERMISSION_H

#include "process/process.h"

/* kernel.yama.ptrace_scope, '0' to '3'; '0' if the kernel has no Yama. */
char permission_ptrace_scope(void);

/*
 * error is the errno of what was refused: pidfd_copy(), process_sockets(), opening a file in
 * proc(5).
 */
void permission_reason(struct text *text, const struct process *process, int error);

/* The same after "process 12 (sshd): ". */
void permission_explain(struct text *text, const struct process *process, int error);

#endif
