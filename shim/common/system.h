/*
 * system: how code in common/ makes system calls. The preload and the command each define it, since
 * the preload may call nothing of the C library by name.
 */
#ifndef KEEPALIVE_SYSTEM_H
#define KEEPALIVE_SYSTEM_H

#include <sys/syscall.h>

/* As syscall(2): -1 for an error. */
typedef long system_call_function(long number, ...);
system_call_function *system_call(void);

/* The errno of the last one that failed. */
int system_error(void);

#endif
