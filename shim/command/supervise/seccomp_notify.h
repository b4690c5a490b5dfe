/*
 * seccomp_notify: definitions that older versions of <linux/seccomp.h> lack, and seccomp(2), which
 * the C library does not wrap.
 */
#ifndef KEEPALIVE_SECCOMP_NOTIFY_H
#define KEEPALIVE_SECCOMP_NOTIFY_H

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP /* 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#endif

static inline int seccomp(unsigned operation, unsigned long flags, void *arguments)
{
	return (int)syscall(SYS_seccomp, operation, flags, arguments);
}

#endif
