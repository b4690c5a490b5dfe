/* supervisor: see supervisor.h. */
#include "supervise/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "process/pidfd.h"
#include "process/proc.h"
#include "sockets/sockopts.h"
#include "supervise/channel.h"
#include "supervise/filter.h"
#include "supervise/impersonate.h"
#include "supervise/seccomp_notify.h"
#include "supervise/supervisor_log.h"

/* The supervisor is a process of its own, and this is all that it keeps. */
static const struct plan *plan;
static struct impersonation own;
static int listener; /* the filter's notifications */
static struct title title;
static pid_t served; /* whom our name tells */

/* A notification and its answer; the kernel's may have grown since our headers. */
static union {
	struct seccomp_notif fields;
	char room[512];
} call;

static union {
	struct seccomp_notif_resp fields;
	char room[512];
} answer;

static pid_t caller(void)
{
	return (pid_t)call.fields.pid;
}

static int argument(unsigned i)
{
	return (int)call.fields.data.args[i];
}

/* Lets the kernel make the call itself. Where the caller has gone meanwhile nobody needs it. */
static void go_on(void)
{
	memset(&answer, 0, sizeof(answer));
	answer.fields.id = call.fields.id;
	answer.fields.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Whether the caller still waits: else its id may be somebody else's by now. */
static bool is_valid(void)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.fields.id) == 0;
}

/*
 * The socket that the caller would get, made here. Returns -1 where the kernel has to do it: then it
 * fails as it would fail there.
 */
static int make_socket(void)
{
	int fd;

	if (!impersonate(&own, caller())) {
		supervisor_log("a socket left alone: not in our network namespace or cgroup");
		return -1;
	}
	fd = socket(argument(0), argument(1) | SOCK_CLOEXEC, argument(2));
	impersonate_end(&own);
	return fd;
}

/* Gives the caller our descriptor as the result of its call. Returns its number there, or -1. */
static int hand_over(int fd)
{
	struct seccomp_notif_addfd hand = {
		.id = call.fields.id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (uint32_t)fd,
		.newfd_flags = argument(1) & SOCK_CLOEXEC ? O_CLOEXEC : 0,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &hand);
}

static void serve_socket(void)
{
	int fd = make_socket(), theirs;

	if (fd < 0) {
		go_on();
		return;
	}
	sockopts_arm(fd, settings_profile(plan->settings, plan->client));
	theirs = hand_over(fd);
	close(fd);
	if (theirs < 0)
		go_on(); /* no descriptor free: EMFILE is the kernel's to say */
	else
		supervisor_log_new(theirs, plan->client);
}

/* A copy of the TCP socket that the call is about; -1 where it is none or is out of reach. */
static int borrow_socket(void)
{
	int fd = pidfd_copy_of_thread(caller(), argument(0));

	if (fd >= 0 && is_valid() && sockopts_apply_to(fd, NULL))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Gives a socket, which was made with the client's profile, the one for what it becomes. */
static void serve_role(int fd, enum role role, const struct endpoint *peer)
{
	const struct settings *settings = plan->settings;
	struct endpoint local = endpoint_asked(getsockname, fd);
	unsigned number = profile_for(settings, role, &local, peer);
	struct standing standing = sockopts_apply(fd, settings, plan->client, number);

	supervisor_log_socket(argument(0), role, &local, peer, &standing);
}

static void serve_listen(void)
{
	static const struct endpoint nobody;
	int fd = borrow_socket();

	if (fd >= 0) {
		serve_role(fd, ROLE_SERVER, &nobody);
		close(fd);
	}
	go_on();
}

static void serve_connect(void)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	size_t length = (uint32_t)argument(2);
	struct endpoint peer = { .port = 0 };
	int fd;

	if (length > sizeof(address))
		length = sizeof(address);
	if (pidfd_memory(caller(), call.fields.data.args[1], &address, length))
		peer = endpoint_of((struct sockaddr *)&address, (socklen_t)length);
	fd = peer.address.family ? borrow_socket() : -1;
	if (fd >= 0) {
		serve_role(fd, ROLE_CLIENT, &peer);
		close(fd);
	}
	go_on();
}

/* Says whom we are there for, to who looks for the supervisor of a process. */
static void name_ourselves(pid_t pid)
{
	char name[64];
	size_t length = (size_t)snprintf(name, sizeof(name), SUPERVISING "%d", (int)pid);

	served = pid;
	memset(title.start, 0, title.size);
	if (length < title.size)
		memcpy(title.start, name, length);
}

/* A daemon's first process ends; then the one that is served now stands for those that come from it. */
static void follow_caller(void)
{
	if (kill(served, 0) != 0 && errno == ESRCH)
		name_ourselves((pid_t)proc_status_number(caller(), "Tgid"));
}

static void serve(void)
{
	memset(&call, 0, sizeof(call));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
		return; /* killed, or interrupted by a signal, before we looked */
	supervisor_log_caller(caller());
	follow_caller();
	switch (filter_call(&call.fields.data)) {
	case CALL_SOCKET:
		serve_socket();
		break;
	case CALL_LISTEN:
		serve_listen();
		break;
	case CALL_CONNECT:
		serve_connect();
		break;
	case CALL_OTHER:
		go_on();
		break;
	}
}

/* Until POLLHUP: the last process that has the filter has gone. */
static void serve_all(void)
{
	struct pollfd notifications = { .fd = listener, .events = POLLIN };

	for (;;) {
		if (poll(&notifications, 1, -1) < 0)
			continue;
		if (notifications.revents & POLLIN)
			serve();
		else if (notifications.revents)
			return;
	}
}

/*
 * Nothing of the program's may stay open through us: whoever reads the other end of its standard
 * output waits for the end of it.
 */
static void close_all_but(int channel, int log)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	DIR *descriptors = opendir("/proc/self/fd");
	struct dirent *entry;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0)
			close(fd);
		else if (fd != null)
			dup2(null, fd);
	}
	while (descriptors && (entry = readdir(descriptors))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd != channel && fd != log && fd != dirfd(descriptors))
			close(fd);
	}
	if (descriptors)
		closedir(descriptors);
}

/*
 * Out of the program's way: no signal of its terminal or group ends us before it, no directory of its
 * is held, and who looks for it by its command line does not find us.
 */
static void stand_aside(int channel)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	close_all_but(channel, supervisor_log_start(plan->settings));
	name_ourselves(getppid());
	(void)!chdir("/");
}

/* Whether the program's descriptors may be copied, as tried with one that it has now. */
static bool may_reach_into(int theirs)
{
	int copy = pidfd_copy_of_thread(getppid(), theirs);

	if (copy >= 0)
		close(copy);
	return copy >= 0;
}

static int prepare(int theirs)
{
	if (!impersonation_init(&own))
		return SUPERVISOR_NO_PROC;
	if (plan_reaches_into(plan) && !may_reach_into(theirs))
		return SUPERVISOR_NO_REACH;
	return SUPERVISOR_READY;
}

void supervisor_run(const struct plan *the_plan, int channel, struct title the_title)
{
	int theirs = -1;

	plan = the_plan;
	title = the_title;
	stand_aside(channel);
	if (!channel_receive(channel, &theirs, NULL) ||
	    !channel_send(channel, prepare(theirs), -1) ||
	    !channel_receive(channel, &theirs, &listener) || listener < 0)
		_exit(1);
	/* Since Linux 6.6: wake the caller on the CPU that we are about to leave. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	channel_send(channel, 0, -1);
	close(channel);
	serve_all();
	_exit(0);
}
