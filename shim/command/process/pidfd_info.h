/*
 * pidfd_info: the ids and the cgroup of a thread, in one call (ioctl_pidfd(2), PIDFD_GET_INFO,
 * Linux 6.13).
 */
#ifndef KEEPALIVE_PIDFD_INFO_H
#define KEEPALIVE_PIDFD_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pidfd_identity {
	pid_t process;
	uid_t fsuid;
	gid_t fsgid;
	uint64_t cgroup; /* of version 2 */
};

/* Returns 0, or an errno: ENOTTY before Linux 6.13, ESRCH if the thread has ended. */
int pidfd_identify(int pidfd, struct pidfd_identity *identity);

#endif
