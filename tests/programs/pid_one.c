/*
 * pid_one: a server that is PID 1 of a container.
 *
 * Listens on a loopback port. Starts a child that leaves an orphan behind, and reaps both, as PID 1
 * must. On SIGTERM it prints a line and ends with status 7.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told;

static void on_term(int signal)
{
	told = signal;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_term };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), reaped = 0;
	sigset_t term, before;
	pid_t child;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	sigaction(SIGTERM, &action, NULL);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 8)) {
		fprintf(stderr, "pid_one: %s\n", strerror(errno));
		return 1;
	}
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			usleep(100000); /* an orphan by then */
		_exit(0);
	}
	while (reaped < 2 && waitpid(-1, NULL, 0) > 0)
		reaped++;
	/* The supervisor must not appear as a child of this process. */
	printf("pid %d reaped %d, %s\n", (int)getpid(), reaped,
	       waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? "all" : "not all");
	fflush(stdout);
	while (!told)
		sigsuspend(&before);
	printf("ended by signal %d\n", (int)told);
	return 7;
}
