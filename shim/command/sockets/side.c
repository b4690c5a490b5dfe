/* side: which roles a socket can have, as the socket alone shows it. */
#include "sockets/side.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include "process/pidfd.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 /* <linux/in.h>, Linux 5.6 */
#endif

/* TCP_ESTABLISHED and so on of <netinet/tcp.h>, which cannot be included beside <linux/tcp.h>. */
enum { ESTABLISHED = 1, SYN_SENT = 2, CLOSED = 7, CLOSE_WAIT = 8 };

static int number_of(int fd, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	getsockopt(fd, SOL_SOCKET, name, &value, &length);
	return value;
}

/*
 * The SYN that opens a connection counts as a byte that was acknowledged, but not as one that was
 * sent: tcp_snd_una_update() in net/ipv4/tcp_input.c.
 */
static bool is_of_client(const struct tcp_info *info, uint32_t queued)
{
	uint32_t acknowledged = (uint32_t)info->tcpi_bytes_acked;
	uint32_t sent = (uint32_t)(info->tcpi_bytes_sent - info->tcpi_bytes_retrans);

	return acknowledged + queued - info->tcpi_notsent_bytes - sent == 1;
}

/* For a connection; the two answers must be of the same moment. */
static unsigned connected_side(int fd)
{
	enum { ATTEMPTS = 8 };

	for (int i = 0; i < ATTEMPTS; i++) {
		struct tcp_info info;
		socklen_t length = sizeof(info);
		uint32_t before, after;

		if (ioctl(fd, TIOCOUTQ, &before) != 0 ||
		    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
		    ioctl(fd, TIOCOUTQ, &after) != 0 ||
		    length < offsetof(struct tcp_info, tcpi_dsack_dups)) /* before Linux 4.19 */
			break;
		if (before == after)
			return is_of_client(&info, before) ? ROLE_CLIENT : ROLE_SERVER;
	}
	return ROLE_BOTH;
}

unsigned side_of(int fd)
{
	if (number_of(fd, SO_ACCEPTCONN))
		return ROLE_SERVER;
	/* An MPTCP connection has its own bytes, and those of its subflows. */
	if (number_of(fd, SO_PROTOCOL) == IPPROTO_MPTCP)
		return side_peer(fd).address.family ? ROLE_BOTH : 0;
	switch (pidfd_tcp_state(fd)) {
	case CLOSED:
		return 0;
	case SYN_SENT:
		return ROLE_CLIENT;
	case ESTABLISHED:
	case CLOSE_WAIT:
		return connected_side(fd);
	default:
		return ROLE_BOTH;
	}
}

struct endpoint side_peer(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof(address);

	/* More than its length is refused, and less is given: net/core/sock.c */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length) != 0) {
		length = sizeof(struct sockaddr_in);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length) != 0)
			length = 0;
	}
	return endpoint_of((struct sockaddr *)&address, length);
}
