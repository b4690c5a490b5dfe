/*
 * notified COMMAND [ARG...]: runs the command under another seccomp notification filter, as in some containers. The
 * filter hands no call over.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { 1, code };
	int listener;

	if (argc < 2)
		errx(2, "notified COMMAND [ARG...]");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err(77, "no_new_privs");
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0 || fcntl(listener, F_SETFD, 0) != 0)
		err(77, "seccomp");
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
