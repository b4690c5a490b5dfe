/* channel: sends numbers and descriptors between a process and its supervisor. */
#include "supervise/channel.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 3 };

bool channel_open(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		int low = ends[i];

		if (low >= FIRST)
			continue;
		ends[i] = fcntl(low, F_DUPFD_CLOEXEC, FIRST);
		close(low);
	}
	if (ends[0] >= 0 && ends[1] >= 0)
		return true;
	for (unsigned i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return false;
}

/* Room for one descriptor, aligned. */
union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

bool channel_send(int channel, int number, int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec data = { &number, sizeof(number) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(channel, &message, MSG_NOSIGNAL) == sizeof(number);
}

bool channel_receive(int channel, int *number, int *fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec data = { number, sizeof(*number) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != sizeof(*number))
		return false;
	if (fd) {
		*fd = -1;
		if (message.msg_controllen >= CMSG_LEN(sizeof(*fd)))
			memcpy(fd, CMSG_DATA(&control.header), sizeof(*fd));
	}
	return true;
}
