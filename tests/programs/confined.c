/*
 * confined: installs a seccomp filter for itself, then makes sockets.
 *
 *   confined HOW ACTION CALL [WHEN]
 *
 * HOW     prctl; by-number: prctl(2) by syscall(2); syscall: seccomp(2), as libseccomp does; tsync: the same, for
 *         all threads; thread: seccomp(2) in a thread that has ended when the sockets are made
 * ACTION  kill, kill-thread, trap, trace, errno, notify, log: the filter's answer to
 * CALL    setsockopt, getsockopt, socket, getpeername, statx, openat, write; idle: only setsockopt of TCP_KEEPIDLE;
 *         strict-idle: every setsockopt except of SO_KEEPALIVE; none
 * WHEN    first (the default): before the first socket; later: after one
 *
 * It sends the sockets to its parent, which has no filter and prints SO_KEEPALIVE/TCP_KEEPIDLE of the listener,
 * the accepted socket and the client, and then how the child ended.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FDS = 3, OTHER_IDLE = -1 };

static const char *how;
static unsigned action;
static int listener, client, accepted;

#define ARGUMENT(i)          (offsetof(struct seccomp_data, args) + 8 * (i))
#define LOAD(offset)         BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(offset))
#define IF(value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, otherwise)
#define RETURN(value)        BPF_STMT(BPF_RET | BPF_K, value)

static void install(struct sock_filter *filter, unsigned short length)
{
	struct sock_fprog program = { length, filter };
	unsigned flags = strcmp(how, "tsync") == 0 ? SECCOMP_FILTER_FLAG_TSYNC : 0;
	long result;

	if (action == SECCOMP_RET_USER_NOTIF)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (action == SECCOMP_RET_USER_NOTIF ||
	    (strcmp(how, "prctl") != 0 && strcmp(how, "by-number") != 0))
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	else if (strcmp(how, "prctl") == 0)
		result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	else
		result = syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	if (result < 0)
		_exit(77);
}

static void confine(const char *call)
{
	static const struct {
		const char *name;
		int number;
	} calls[] = {
		{ "setsockopt", SYS_setsockopt }, { "getsockopt", SYS_getsockopt },
		{ "socket", SYS_socket },         { "getpeername", SYS_getpeername },
		{ "statx", SYS_statx },           { "openat", SYS_openat },
		{ "write", SYS_write },
	};
	struct sock_filter idle[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		IF(SYS_setsockopt, 5),
		LOAD(ARGUMENT(1)),
		IF(IPPROTO_TCP, 3),
		LOAD(ARGUMENT(2)),
		IF(TCP_KEEPIDLE, 1),
		RETURN(action),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_filter strict[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		IF(SYS_setsockopt, 5),
		LOAD(ARGUMENT(1)),
		IF(SOL_SOCKET, 2),
		LOAD(ARGUMENT(2)),
		IF(SO_KEEPALIVE, 0),
		/* Both branches continue here: only SO_KEEPALIVE is allowed. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SO_KEEPALIVE, 1, 0),
		RETURN(action),
		RETURN(SECCOMP_RET_ALLOW),
	};

	strict[1].jf = 6; /* any other call */
	strict[3].jf = 3;
	if (strcmp(call, "idle") == 0)
		install(idle, sizeof(idle) / sizeof(idle[0]));
	if (strcmp(call, "strict-idle") == 0)
		install(strict, sizeof(strict) / sizeof(strict[0]));
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct sock_filter filter[] = {
			LOAD(offsetof(struct seccomp_data, nr)),
			IF(calls[i].number, 1),
			RETURN(action),
			RETURN(SECCOMP_RET_ALLOW),
		};

		if (strcmp(call, calls[i].name) == 0)
			install(filter, 4);
	}
}

static void *confine_thread(void *call)
{
	confine(call);
	return NULL;
}

static void connect_all(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t length = sizeof(name);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&name, length) != 0 || listen(listener, 5) != 0 ||
	    getsockname(listener, (struct sockaddr *)&name, &length) != 0 ||
	    connect(client, (struct sockaddr *)&name, length) != 0)
		_exit(3);
	accepted = accept(listener, NULL, NULL);
}

static void hand_over(int to)
{
	char control[CMSG_SPACE(FDS * sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fds[FDS] = { listener, accepted, client };

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	sendmsg(to, &message, 0);
}

static void be_confined(int to, const char *call, bool later)
{
	bool sockets_first = later || strcmp(call, "socket") == 0;
	pthread_t thread;

	if (sockets_first) {
		listener = socket(AF_INET, SOCK_STREAM, 0);
		client = socket(AF_INET, SOCK_STREAM, 0);
	}
	if (strcmp(how, "thread") == 0) {
		pthread_create(&thread, NULL, confine_thread, (void *)(uintptr_t)call);
		pthread_join(thread, NULL);
	} else {
		confine(call);
	}
	if (!sockets_first) {
		listener = socket(AF_INET, SOCK_STREAM, 0);
		client = socket(AF_INET, SOCK_STREAM, 0);
	}
	connect_all();
	hand_over(to);
	_exit(0);
}

static void show(int from)
{
	char control[CMSG_SPACE(FDS * sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fds[FDS];

	if (recvmsg(from, &message, 0) != 1 || message.msg_controllen == 0)
		return;
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fds));
	for (unsigned i = 0; i < FDS; i++) {
		int on = -1, idle = -1;
		socklen_t length = sizeof(int);

		getsockopt(fds[i], SOL_SOCKET, SO_KEEPALIVE, &on, &length);
		getsockopt(fds[i], IPPROTO_TCP, TCP_KEEPIDLE, &idle, &length);
		printf("%d/%d ", on, idle);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned action;
	} actions[] = {
		{ "kill", SECCOMP_RET_KILL_PROCESS },
		{ "kill-thread", SECCOMP_RET_KILL_THREAD },
		{ "trap", SECCOMP_RET_TRAP },
		{ "trace", SECCOMP_RET_TRACE },
		{ "errno", SECCOMP_RET_ERRNO | EPERM },
		{ "notify", SECCOMP_RET_USER_NOTIF },
		{ "log", SECCOMP_RET_LOG },
	};
	int ends[2], status;

	if (argc < 4 || socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
		return 2;
	how = argv[1];
	alarm(10); /* for each of the two processes: nothing here waits */
	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[2], actions[i].name) == 0)
			action = actions[i].action;
	}
	if (fork() == 0) {
		alarm(10);
		be_confined(ends[1], argv[3], argc > 4 && strcmp(argv[4], "later") == 0);
	}
	close(ends[1]);
	show(ends[0]);
	wait(&status);
	if (WIFSIGNALED(status))
		printf("killed by %s\n", strsignal(WTERMSIG(status)));
	else
		printf("status %d\n", WEXITSTATUS(status));
	return 0;
}
