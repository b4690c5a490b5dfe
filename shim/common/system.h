/*
 * system: how code in common/ makes system calls. The preload and the command each define these
 * functions, because the preload must not call C library functions by name.
 */
#ifndef KEEPALIVE_SYSTEM_H
#define KEEPALIVE_SYSTEM_H

#include <sys/syscall.h>

/*
 * 32-bit musl has these names for the calls with a 32-bit time. A time of zero looks the same in
 * both forms.
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

/* Like syscall(2): returns -1 on error. */
typedef long system_call_function(long number, ...);
system_call_function *system_call(void);

/* The errno of the last call that failed. */
int system_error(void);

#endif
