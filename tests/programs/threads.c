/*
 * threads [THREADS SOCKETS]: each thread makes and closes that many sockets, TCP and UDP alternately, all on the same few
 * descriptor numbers. Every TCP socket must have keepalive, and no other.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static long sockets = 10000;
static long wrong;

static void *make_sockets(void *unused)
{
	for (long i = 0; i < sockets; i++) {
		int tcp = i % 4 != 0, on = -1;
		int fd = socket(i % 2 ? AF_INET : AF_INET6, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
		socklen_t length = sizeof(on);

		getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
		if (on != tcp)
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
		close(fd);
	}
	return unused;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[1]) : 64;
	pthread_t thread[256];

	if (argc == 3)
		sockets = atol(argv[2]);
	for (long i = 0; i < count; i++)
		pthread_create(&thread[i], NULL, make_sockets, NULL);
	for (long i = 0; i < count; i++)
		pthread_join(thread[i], NULL);
	printf("%ld threads x %ld sockets: %ld wrong\n", count, sockets, wrong);
	return wrong != 0;
}
