/* remote: see remote.h. */
#include "remote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Alike on every architecture; newer than some headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* Linux 6.15 */
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

	if (pidfd < 0) {
		errno = ENOSYS;
		return -1;
	}
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

static struct endpoint endpoint(int copy, int get(int, struct sockaddr *, socklen_t *))
{
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} name;
	socklen_t length = sizeof(name);

	if (get(copy, &name.any, &length) != 0)
		return (struct endpoint){ .port = 0 };
	if (name.any.sa_family == AF_INET)
		return (struct endpoint){ address_ipv4(&name.ipv4.sin_addr),
					  ntohs(name.ipv4.sin_port) };
	return (struct endpoint){ address_ipv6(&name.ipv6.sin6_addr), ntohs(name.ipv6.sin6_port) };
}

static int own_name(int copy, struct sockaddr *name, socklen_t *length)
{
	return getsockname(copy, name, length);
}

static int peer_name(int copy, struct sockaddr *name, socklen_t *length)
{
	return getpeername(copy, name, length);
}

void remote_endpoints(int copy, struct endpoint *local, struct endpoint *peer)
{
	*local = endpoint(copy, own_name);
	*peer = endpoint(copy, peer_name);
}

static const struct {
	int level, name;
} options[OPTIONS] = {
	[OPTION_IDLE] = { IPPROTO_TCP, TCP_KEEPIDLE },
	[OPTION_INTERVAL] = { IPPROTO_TCP, TCP_KEEPINTVL },
	[OPTION_COUNT] = { IPPROTO_TCP, TCP_KEEPCNT },
	[OPTION_USER_TIMEOUT] = { IPPROTO_TCP, TCP_USER_TIMEOUT },
	[OPTION_RTO_MAX] = { IPPROTO_TCP, TCP_RTO_MAX_MS },
	[OPTION_KEEPALIVE] = { SOL_SOCKET, SO_KEEPALIVE },
};

int remote_get(int copy, enum sockopt option, int32_t *value)
{
	socklen_t length = sizeof(*value);

	return getsockopt(copy, options[option].level, options[option].name, value, &length) == 0
		       ? 0
		       : errno;
}

int remote_set(int copy, enum sockopt option, int32_t value)
{
	return setsockopt(copy, options[option].level, options[option].name, &value,
			  sizeof(value)) == 0
		       ? 0
		       : errno;
}
