/*
 * hooks: nanoseconds of a call through a preload's hooks and no further, with still.c behind them.
 * Prints "socket N", "connect N" (to 127.0.0.1:80), "accept N" (from there), "setsockopt N", and "null N",
 * the cheapest system call.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 200, BATCH = 200 };

static int fd, listener;

static void call_socket(void)
{
	fd = socket(AF_INET, SOCK_STREAM, 0);
}

/*
 * A socket that is connected is looked at again, so each time a fresh one. The address is on the stack, as in most
 * programs.
 */
static void call_connect(void)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_port = htons(80),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	call_socket();
	connect(fd, (struct sockaddr *)&peer, sizeof(peer));
}

static void call_accept(void)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);

	accept4(listener, (struct sockaddr *)&peer, &length, 0);
}

static void call_setsockopt(void)
{
	int on = 1;

	setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void call_null(void)
{
	syscall(SYS_getppid);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The least of all batches: nothing came in between. */
static double nanoseconds(void (*call)(void))
{
	double least = 1e12;

	for (int batch = 0; batch < BATCHES; batch++) {
		double start = now(), time;

		for (int i = 0; i < BATCH; i++)
			call();
		time = (now() - start) / BATCH;
		least = time < least ? time : least;
	}
	return least;
}

int main(void)
{
	double alone;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	listen(listener, 1);
	printf("accept %.1f\n", nanoseconds(call_accept));
	printf("setsockopt %.1f\n", nanoseconds(call_setsockopt));
	alone = nanoseconds(call_socket);
	printf("socket %.1f\n", alone);
	printf("connect %.1f\n", nanoseconds(call_connect) - alone);
	printf("null %.1f\n", nanoseconds(call_null));
	return 0;
}
