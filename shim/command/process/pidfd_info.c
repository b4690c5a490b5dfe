/* pidfd_info: asks the kernel for a thread's ids and cgroup. */
#include "process/pidfd_info.h"

#include <errno.h>
#include <sys/ioctl.h>

/* struct pidfd_info and what goes with it, of <linux/pidfd.h>, which older headers lack. */
struct info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	uint32_t spare;
};

enum { CREDENTIALS = 1 << 1, CGROUP = 1 << 2 }; /* PIDFD_INFO_CREDS, PIDFD_INFO_CGROUPID */

int pidfd_identify(int pidfd, struct pidfd_identity *identity)
{
	struct info info = { .mask = CREDENTIALS | CGROUP };

	if (ioctl(pidfd, _IOWR(0xff, 11, struct info), &info) != 0)
		return errno;
	if ((info.mask & (CREDENTIALS | CGROUP)) != (CREDENTIALS | CGROUP))
		return ENOTTY;
	*identity = (struct pidfd_identity){
		.process = (pid_t)info.tgid,
		.fsuid = info.fsuid,
		.fsgid = info.fsgid,
		.cgroup = info.cgroup,
	};
	return 0;
}
