/* borrow: see borrow.h. */
#include "borrow.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "thread.h"

/* Alike on every architecture; newer than some headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif

static int open_thread(pid_t thread)
{
	int pidfd = (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD);

	if (pidfd < 0 && errno == EINVAL)
		pidfd = (int)syscall(SYS_pidfd_open, thread_process(thread), 0);
	return pidfd;
}

int borrow_descriptor(pid_t thread, int fd)
{
	int pidfd = open_thread(thread);
	int copy, error;

	if (pidfd < 0)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	error = errno;
	close(pidfd);
	errno = error;
	return copy;
}

bool borrow_memory(pid_t thread, uint64_t address, void *buffer, size_t size)
{
	struct iovec local = { buffer, size };
	struct iovec remote = { (void *)(uintptr_t)address, size }; /* NOLINT */

	return process_vm_readv(thread, &local, 1, &remote, 1, 0) == (ssize_t)size;
}
