/*
 * refusing: a container that forbids something: refusing WHAT COMMAND [ARG...]
 *
 * WHAT is a system call that then fails with EPERM, "seccomp" or "pidfd_getfd"; or "second-listener":
 * a notification filter that is there already, as some containers have one.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static int install(struct sock_filter *code, unsigned short length, unsigned long flags)
{
	struct sock_fprog program = { length, code };
	int listener;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err(77, "no_new_privs");
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (listener < 0)
		err(77, "seccomp");
	return listener;
}

static void refuse(unsigned number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(code, 4, 0);
}

static void listen_already(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };

	fcntl(install(code, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER), F_SETFD, 0);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "refusing WHAT COMMAND [ARG...]");
	if (strcmp(argv[1], "seccomp") == 0)
		refuse(SYS_seccomp);
	else if (strcmp(argv[1], "pidfd_getfd") == 0)
		refuse(SYS_pidfd_getfd);
	else if (strcmp(argv[1], "second-listener") == 0)
		listen_already();
	else
		errx(2, "'%s'", argv[1]);
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
