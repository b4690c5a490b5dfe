/*
 * interleaved install|fork: a thread that installs a seccomp filter is held after each number of its instructions, by
 * single steps, while another one acts. install: that one installs its own filter, which allows everything, and makes a
 * socket; the filter of the first kills the process if TCP_KEEPIDLE is set. fork: that one forks, and the child makes a
 * socket, which must have keepalive; the filter of the first allows everything. Prints how often that ended how; ends
 * with 77 if tracing is refused here.
 */
#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EACH = 300, STRIDE = 500, NOT_OURS = 3, NO_TRACING = 77 };

static struct {
	atomic_bool go, done, wrong;
} * turn;
static bool forks;

static int option(int fd, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	getsockopt(fd, IPPROTO_TCP, name, &value, &length);
	return value;
}

static void *other(void *unused)
{
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { 1, allow };
	int status;

	(void)unused;
	while (!turn->go)
		usleep(10);
	if (forks) {
		pid_t child = fork();

		if (child == 0)
			_exit(option(socket(AF_INET, SOCK_STREAM, 0), TCP_KEEPIDLE) != 60);
		waitpid(child, &status, 0);
		turn->wrong = status != 0;
	} else {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
		close(socket(AF_INET, SOCK_STREAM, 0));
	}
	turn->done = true;
	return NULL;
}

__attribute__((noreturn)) static void victim(void)
{
	struct sock_filter no_idle[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP_KEEPIDLE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 6, no_idle }, last = { 1, no_idle + 5 };
	pthread_t thread;
	long refused;
	int fd;

	pthread_create(&thread, NULL, other, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(NO_TRACING);
	raise(SIGSTOP);
	/* Refused if the other thread has installed its own. */
	refused = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  forks ? 0 : SECCOMP_FILTER_FLAG_TSYNC, forks ? &last : &program);
	raise(SIGSTOP);
	pthread_join(thread, NULL);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	_exit(!turn->wrong && option(fd, TCP_KEEPINTVL) == 10 &&
			      option(fd, TCP_KEEPIDLE) == (forks || refused ? 60 : 7200)
		      ? 0
		      : NOT_OURS);
}

/* Holds a new process after so many steps: how it ended. *past: whether the filter was there by then. */
static int held_after(int steps, bool *past)
{
	int status;
	pid_t pid;

	turn->go = turn->done = turn->wrong = false;
	pid = fork();
	if (pid == 0)
		victim();
	waitpid(pid, &status, 0);
	for (int i = 0; i < steps && !*past && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		*past = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
	}
	turn->go = true;
	while (!turn->done && waitpid(pid, &status, WNOHANG) == 0)
		usleep(10);
	while (WIFSTOPPED(status)) {
		int number = WSTOPSIG(status);
		bool ours = number == SIGSTOP || number == SIGTRAP;

		ptrace(PTRACE_CONT, pid, NULL, ours ? 0L : (long)number);
		waitpid(pid, &status, 0);
	}
	return status;
}

int main(int count, char **arguments)
{
	int places = 0, killed = 0, wrong = 0;
	bool past = false;

	forks = count > 1 && strcmp(arguments[1], "fork") == 0;
	turn = mmap(NULL, sizeof(*turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (turn == MAP_FAILED)
		err(1, "mmap");
	for (int steps = 0; !past; steps += steps < EACH ? 1 : STRIDE, places++) {
		int status = held_after(steps, &past);

		if (WIFEXITED(status) && WEXITSTATUS(status) == NO_TRACING)
			return NO_TRACING;
		killed += WIFSIGNALED(status);
		wrong += WIFEXITED(status) && WEXITSTATUS(status) != 0;
	}
	printf("%d killed, %d wrong\n", killed, wrong);
	fprintf(stderr, "%d places\n", places);
	return 0;
}
