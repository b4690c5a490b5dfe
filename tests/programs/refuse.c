/*
 * refuse EPERM|ENOSYS|KILL SYSCALL COMMAND [ARG...]: runs the command with a filter that makes this system call fail, as
 * on older kernels, under kernel.yama.ptrace_scope, or in containers; KILL: the call ends the process, as in services
 * with SystemCallFilter=.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
	{ "pidfd_open", 434 },
	{ "pidfd_getfd", 438 },
	{ "process_vm_readv", SYS_process_vm_readv },
	{ "sched_setscheduler", SYS_sched_setscheduler },
	{ "setns", SYS_setns },
	{ "socket", SYS_socket },
	{ "seccomp", SYS_seccomp },
	{ "getsockopt", SYS_getsockopt },
	{ "gettid", SYS_gettid },
	{ "setsockopt", SYS_setsockopt },
	{ "statx", SYS_statx },
	{ "readlinkat", SYS_readlinkat },
	{ "getpid", SYS_getpid },
	{ "prctl", SYS_prctl },
	{ "getsockname", SYS_getsockname },
	{ "getpeername", SYS_getpeername },
};

static unsigned number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	}
	return ~0U;
}

static unsigned action_of(const char *name)
{
	if (strcmp(name, "KILL") == 0)
		return SECCOMP_RET_KILL_PROCESS;
	return SECCOMP_RET_ERRNO | (strcmp(name, "ENOSYS") == 0 ? ENOSYS : EPERM);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argc > 2 ? number_of(argv[2]) : 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, argc > 1 ? action_of(argv[1]) : 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (argc < 4)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("refuse");
		return 2;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 2;
}
