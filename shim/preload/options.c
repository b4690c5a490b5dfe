/* options: reads and sets one socket option. */
#include "options.h"

#include <sys/ioctl.h>

#include "kernel_values.h"
#include "libc.h"
#include "memory.h"
#include "sockopt_names.h"

unsigned option_bit(int level, int name)
{
	if (level != IPPROTO_TCP && level != SOL_SOCKET)
		return 0;
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (sockopt_names[i].level == level && sockopt_names[i].name == name)
			return 1U << i;
	}
	return 0;
}

struct endpoint endpoint_of_peer(int fd)
{
	struct endpoint peer = endpoint_asked(libc->getpeername, fd);
	struct sockaddr_in6 address = { .sin6_family = AF_UNSPEC };
	socklen_t length = sizeof(struct sockaddr_in);

	if (peer.address.family)
		return peer;
	/* More than its length is refused, and less is given: net/core/sock.c */
	if (libc->getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length) == 0 &&
	    address.sin6_family == AF_INET6) {
		length = sizeof(address);
		libc->getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length);
	}
	return endpoint_of((struct sockaddr *)&address, length);
}

int option_get(int fd, enum sockopt option, int *value)
{
	socklen_t length = sizeof(*value);

	return libc->getsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, value,
				&length) == 0
		       ? 0
		       : errno;
}

void options_get(int fd, unsigned bits, struct values *now)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (!(bits & 1U << i) || option_get(fd, i, &now->value[i]) != 0)
			now->value[i] = VALUE_UNKNOWN;
	}
}

bool option_may_be_set(int fd)
{
	int protocol = 0, type = 0;
	socklen_t length = sizeof(int);

	libc->getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length);
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)
		return false;
	libc->getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
	return type == SOCK_STREAM;
}

/* Words of struct tcp_info of <linux/tcp.h>, which older C libraries do not declare; the lower halves. */
enum {
	INFO_STATE = 0, /* in the lowest byte */
	INFO_BYTES_ACKED = 30,
	INFO_NOTSENT_BYTES = 36,
	INFO_BYTES_SENT = 50,
	INFO_BYTES_RETRANS = 52,
	INFO_WORDS = 54,
};

/*
 * The SYN that opens a connection counts as a byte that was acknowledged, but not as one that was
 * sent: tcp_snd_una_update() in net/ipv4/tcp_input.c.
 */
bool option_is_of_client(int fd)
{
	uint32_t info[INFO_WORDS], queued = 0;
	socklen_t length = sizeof(info);

	if (libc->getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) != 0 ||
	    length < sizeof(info) || libc->syscall(SYS_ioctl, fd, TIOCOUTQ, &queued) != 0)
		return false;
	return 1U << (uint8_t)info[INFO_STATE] & (1U << TCP_ESTABLISHED | 1U << TCP_CLOSE_WAIT) &&
	       info[INFO_BYTES_ACKED] + queued - info[INFO_NOTSENT_BYTES] -
			       (info[INFO_BYTES_SENT] - info[INFO_BYTES_RETRANS]) ==
		       1;
}

int option_set(int fd, enum sockopt option, int value)
{
	if (value == 0 && option != OPTION_KEEPALIVE && option != OPTION_USER_TIMEOUT) {
		/*
		 * If the program sets a user timeout, we may restore options that no setting
		 * restores.
		 */
		if (!kernel_values.value[option])
			kernel_values_read();
		value = kernel_values.value[option];
	}
	return libc->set_option(fd, sockopt_names[option].level, sockopt_names[option].name, &value,
				sizeof(value)) == 0
		       ? 0
		       : errno;
}
