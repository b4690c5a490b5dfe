/* remote: see remote.h. */
#include "remote.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sockopts.h"

/* Alike on every architecture; newer than some headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

int remote_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
}

int remote_copy(int pidfd, const struct socket_fd *wanted)
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

bool remote_refused(int error)
{
	return error != EBADF && error != ESRCH;
}

static int number_of(int copy, int level, int name)
{
	int value;
	socklen_t length = sizeof(value);

	return getsockopt(copy, level, name, &value, &length) == 0 ? value : -1;
}

bool remote_is_tcp(int copy, bool *mptcp)
{
	int domain = number_of(copy, SOL_SOCKET, SO_DOMAIN);
	int protocol = number_of(copy, SOL_SOCKET, SO_PROTOCOL);

	*mptcp = protocol == IPPROTO_MPTCP;
	return (domain == AF_INET || domain == AF_INET6) &&
	       (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
	       number_of(copy, SOL_SOCKET, SO_TYPE) == SOCK_STREAM;
}

uint8_t remote_state(int copy)
{
	uint8_t state = 0; /* tcpi_state, the first byte of struct tcp_info */
	socklen_t length = sizeof(state);

	return getsockopt(copy, IPPROTO_TCP, TCP_INFO, &state, &length) == 0 ? state : 0;
}

int remote_get(int copy, enum sockopt option, int32_t *value)
{
	socklen_t length = sizeof(*value);

	return getsockopt(copy, sockopt_names[option].level, sockopt_names[option].name, value,
			  &length) == 0
		       ? 0
		       : errno;
}

int remote_set(int copy, enum sockopt option, int32_t value)
{
	return setsockopt(copy, sockopt_names[option].level, sockopt_names[option].name, &value,
			  sizeof(value)) == 0
		       ? 0
		       : errno;
}
