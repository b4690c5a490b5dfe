/*
 * many_sockets THREADS SOCKETS: each of THREADS threads makes SOCKETS TCP sockets, one after the other, reads the options
 * of each, and closes it. Prints how many have keepalive.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static long sockets;
static pthread_barrier_t start;

static void *make(void *argument)
{
	long *with_keepalive = argument;

	pthread_barrier_wait(&start);
	for (long i = 0; i < sockets; i++) {
		int fd = socket(i & 1 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int on = 0, idle = 0;
		socklen_t length = sizeof(int);

		getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
		getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &length);
		*with_keepalive += on == 1 && idle == 60;
		if (fd < 0 || close(fd) != 0)
			abort();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t thread[256];
	static long with_keepalive[256];
	int threads = argc > 2 ? atoi(argv[1]) : 0;
	long all = 0;

	if (threads < 1 || threads > 256)
		return 2;
	sockets = atol(argv[2]);
	pthread_barrier_init(&start, NULL, (unsigned)threads);
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, make, &with_keepalive[i]) != 0)
			return 2;
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		all += with_keepalive[i];
	}
	printf("%ld of %ld\n", all, sockets * threads);
	return 0;
}
