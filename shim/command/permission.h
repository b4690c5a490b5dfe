/*
 * permission: why another process's descriptors are kept from us, and what would help.
 */
#ifndef KEEPALIVE_PERMISSION_H
#define KEEPALIVE_PERMISSION_H

#include "process.h"

/*
 * "process 12 (sshd): " and the reason. error is the errno of remote_copy() or process_sockets().
 */
void permission_explain(struct text *text, const struct process *process, int error);

#endif
