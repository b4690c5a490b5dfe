/* notification: receives the calls that the filter hands over, and answers them. */
#include "supervise/notification.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "supervise/seccomp_notify.h"

static int listener = -1;

void notifications_from(int the_listener)
{
	listener = the_listener;
}

/* Like ioctl(2), repeated if it was interrupted. */
static int request(unsigned long what, void *argument)
{
	int result;

	do
		result = ioctl(listener, what, argument);
	while (result < 0 && errno == EINTR);
	return result;
}

bool notifications_are_over(void)
{
	struct pollfd filter = { .fd = listener };

	return poll(&filter, 1, 0) == 1 && filter.revents & POLLHUP;
}

bool notification_receive(struct notification *notification)
{
	memset(notification, 0, sizeof(*notification)); /* or it is refused */
	return request(SECCOMP_IOCTL_NOTIF_RECV, &notification->call) == 0;
}

pid_t notification_thread(const struct notification *notification)
{
	return (pid_t)notification->call.pid;
}

int notification_argument(const struct notification *notification, unsigned i)
{
	return (int)notification->call.data.args[i];
}

bool notification_is_valid(const struct notification *notification)
{
	__u64 id = notification->call.id;

	return request(SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void answer(const struct notification *notification, struct seccomp_notif_resp answer)
{
	answer.id = notification->call.id;
	request(SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void notification_go_on(const struct notification *notification)
{
	answer(notification,
	       (struct seccomp_notif_resp){ .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE });
}

void notification_fail(const struct notification *notification, int error)
{
	answer(notification, (struct seccomp_notif_resp){ .error = -error });
}

void notification_return(const struct notification *notification, int value)
{
	answer(notification, (struct seccomp_notif_resp){ .val = value });
}

void notification_abandoned(const struct notification *notification)
{
	if (notification->added)
		notification_return(notification, notification->descriptor);
	else
		notification_go_on(notification);
}

int notification_add_descriptor(struct notification *notification, int fd, bool cloexec)
{
	struct seccomp_notif_addfd add = {
		.id = notification->call.id,
		.srcfd = (__u32)fd,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};

	notification->descriptor = request(SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	notification->added = notification->descriptor >= 0;
	return notification->descriptor;
}
