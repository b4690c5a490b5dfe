/*
 * going_on COMMAND [ARG...]: runs the command with each socket(2) handed over to a process beside it that
 * only says "go on": the least that a supervisor can cost. Compiled with MAKES it makes the socket with the
 * options of our defaults and hands it over, and checks nothing: the least of one that gives keepalive.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef MAKES
static void answer_call(int listener, const struct seccomp_notif *call,
			struct seccomp_notif_resp *answer)
{
	const __u64 *arguments = call->data.args;
	struct seccomp_notif_addfd add = { .id = call->id };
	const int on = 1, idle = 60, interval = 10, count = 6;
	int fd = socket((int)arguments[0], (int)arguments[1] | SOCK_CLOEXEC, (int)arguments[2]);

	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	add.srcfd = (__u32)fd;
	add.newfd_flags = arguments[1] & SOCK_CLOEXEC ? O_CLOEXEC : 0;
	answer->val = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	close(fd); /* so that what the program closes is closed */
}
#else
static void answer_call(int listener, const struct seccomp_notif *call,
			struct seccomp_notif_resp *answer)
{
	(void)listener;
	(void)call;
	answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
}
#endif

static void supervise(int listener)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;

	sched_setscheduler(0, SCHED_FIFO, &first); /* as ours, where it is allowed */
	ioctl(listener, _IOW('!', 4, __u64),
	      1); /* SECCOMP_IOCTL_NOTIF_SET_FLAGS: wake on this CPU */
	for (;;) {
		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
			continue;
		answer = (struct seccomp_notif_resp){ .id = call.id };
		answer_call(listener, &call, &answer);
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	int ends[2];
	int listener = -1;
	char ready;

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err(2, "going_on COMMAND [ARG...]");
	/* Beside, without the filter, with the same descriptors until it has the listener. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		err(1, "socketpair");
	if (syscall(SYS_clone, (unsigned long)CLONE_FILES, 0UL, 0UL, 0UL, 0UL) == 0) {
		prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0);
		if (read(ends[0], &listener, sizeof(listener)) != sizeof(listener) ||
		    unshare(CLONE_FILES) != 0 || write(ends[0], "", 1) != 1)
			_exit(1);
		supervise(listener);
	}
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
				&program);
	if (listener < 0)
		err(1, "seccomp");
	if (write(ends[1], &listener, sizeof(listener)) != sizeof(listener) ||
	    read(ends[1], &ready, 1) != 1)
		err(1, "the supervisor");
	close(listener);
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
