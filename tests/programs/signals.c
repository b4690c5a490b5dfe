/*
 * signals: the hooks in signal handlers, where POSIX allows them (signal-safety(7)).
 *
 * signals stack: prints how many bytes of its signal stack a handler uses that makes every call once.
 * signals storm: a timer's handler makes sockets while the program makes connections.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { STACK_SIZE = 1 << 17, PAINT = 0xa5, STORM_MILLISECONDS = 400 };

static struct sockaddr_in loopback;
#define ADDRESS ((struct sockaddr *)&loopback)

static void every_call(void)
{
	int on = 1, server = socket(AF_INET, SOCK_STREAM, 0), client, accepted;
	socklen_t length = sizeof(loopback);

	loopback = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(server, ADDRESS, length) != 0 || listen(server, 8) != 0 ||
	    getsockname(server, ADDRESS, &length) != 0)
		_exit(1);
	client = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	connect(client, ADDRESS, sizeof(loopback));
	accepted = accept(server, NULL, NULL);
	close(client);
	close(accepted);
	client = socket(AF_INET, SOCK_STREAM, 0);
	connect(client, ADDRESS, sizeof(loopback));
	length = sizeof(loopback);
	accepted = accept4(server, ADDRESS, &length, SOCK_CLOEXEC);
	close(client);
	close(accepted);
	close(server);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
}

static void call_all(int signal)
{
	int error = errno;

	(void)signal;
	every_call();
	errno = error;
}

static int use_stack(void)
{
	static unsigned char memory[STACK_SIZE];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };
	struct sigaction action = { .sa_handler = call_all, .sa_flags = SA_ONSTACK };
	size_t untouched = 0;

	call_all(SIGUSR1); /* binds the symbols */
	memset(memory, PAINT, sizeof(memory));
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	while (memory[untouched] == PAINT)
		untouched++;
	printf("%zu\n", sizeof(memory) - untouched);
	return 0;
}

static volatile sig_atomic_t handled;

static void make_socket(int signal)
{
	int error = errno, fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)signal;
	if (fd < 0)
		_exit(1);
	close(fd);
	handled = handled + 1;
	errno = error;
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int storm(void)
{
	struct itimerval often = { .it_value = { .tv_usec = 100 },
				   .it_interval = { .tv_usec = 100 } };
	struct sigaction action = { .sa_handler = make_socket, .sa_flags = SA_RESTART };
	long end = now() + STORM_MILLISECONDS;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(loopback);

	loopback = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(server, ADDRESS, length) != 0 || listen(server, 8) != 0 ||
	    getsockname(server, ADDRESS, &length) != 0)
		return 1;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (now() < end) {
		struct linger reset = { .l_onoff = 1 };
		int client = socket(AF_INET, SOCK_STREAM, 0), accepted;

		/* An interrupted connect() continues in the background. */
		if (connect(client, ADDRESS, sizeof(loopback)) != 0 && errno != EINTR)
			return 1;
		accepted = accept(server, NULL, NULL);
		if (accepted < 0)
			return 1;
		setsockopt(accepted, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		for (int i = 0; i < 2; i++) {
			int on = 0, fd = i ? client : accepted;

			length = sizeof(on);
			getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
			if (!on) {
				puts("a socket without keepalive");
				return 1;
			}
			close(fd);
		}
	}
	setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { 0 } }, NULL);
	puts(handled ? "all well" : "no signal came");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "stack") == 0)
		return use_stack();
	if (argc == 2 && strcmp(argv[1], "storm") == 0)
		return storm();
	return 2;
}
