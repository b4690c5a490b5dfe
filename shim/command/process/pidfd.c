/* pidfd: copies another process's descriptors and reads its memory. */
#include "process/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "process/proc.h"

/* The same on every architecture; newer than some headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif

int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
}

int pidfd_copy(int pidfd, const struct socket_fd *wanted)
{
	struct stat status;
	int copy;

	copy = (int)syscall(SYS_pidfd_getfd, pidfd, wanted->fd, 0);
	if (copy < 0)
		return -1;
	if (fstat(copy, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_ino == wanted->inode)
		return copy;
	close(copy);
	errno = EBADF;
	return -1;
}

bool pidfd_refused(int error)
{
	return error != EBADF && error != ESRCH;
}

uint8_t pidfd_tcp_state(int copy)
{
	uint8_t state = 0; /* tcpi_state, the first byte of struct tcp_info */
	socklen_t length = sizeof(state);

	return getsockopt(copy, IPPROTO_TCP, TCP_INFO, &state, &length) == 0 ? state : 0;
}

int pidfd_of_thread(pid_t thread)
{
	return (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD);
}

int pidfd_copy_of_thread(pid_t thread, int fd)
{
	int pidfd = pidfd_of_thread(thread);
	int copy, error;

	if (pidfd < 0 && errno == EINVAL)
		pidfd = pidfd_of((pid_t)proc_status_number(thread, "Tgid"));
	if (pidfd < 0)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	error = errno;
	close(pidfd);
	errno = error;
	return copy;
}

bool pidfd_memory(pid_t thread, uint64_t address, void *buffer, size_t size)
{
	struct iovec local = { buffer, size };
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): it is one, in another address space */
	struct iovec remote = { (void *)(uintptr_t)address, size };

	return process_vm_readv(thread, &local, 1, &remote, 1, 0) == (ssize_t)size;
}
