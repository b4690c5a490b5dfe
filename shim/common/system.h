/*
 * system: how code in common/ makes system calls. The preload and the command each define it, since
 * the preload may call nothing of the C library by name.
 */
#ifndef KEEPALIVE_SYSTEM_H
#define KEEPALIVE_SYSTEM_H

#include <sys/syscall.h>

/*
 * 32-bit musl names the calls that take a 32-bit time so. A zero time looks the same in either
 * form.
 */
#if !defined(SYS_ppoll) && defined(SYS_ppoll_time32)
#define SYS_ppoll SYS_ppoll_time32
#elif !defined(SYS_ppoll)
#define SYS_ppoll SYS_ppoll_time64
#endif
#if !defined(SYS_rt_sigtimedwait) && defined(SYS_rt_sigtimedwait_time32)
#define SYS_rt_sigtimedwait SYS_rt_sigtimedwait_time32
#elif !defined(SYS_rt_sigtimedwait)
#define SYS_rt_sigtimedwait SYS_rt_sigtimedwait_time64
#endif

/* As syscall(2): -1 for an error. */
typedef long system_call_function(long number, ...);
system_call_function *system_call(void);

/* The errno of the last one that failed. */
int system_error(void);

#endif
