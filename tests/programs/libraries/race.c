/*
 * race: a library whose constructor starts 16 threads, which make the first sockets of the process at the same
 * time. Ends the process with status 1 if one of them lacks keepalive.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 16 };

static pthread_barrier_t start;
static int wrong;

static void *first(void *unused)
{
	int fd, on = 0;
	socklen_t length = sizeof(on);

	pthread_barrier_wait(&start);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
	if (!on)
		__atomic_store_n(&wrong, 1, __ATOMIC_RELAXED);
	close(fd);
	return unused;
}

__attribute__((constructor)) static void race(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, first, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (__atomic_load_n(&wrong, __ATOMIC_RELAXED))
		_exit(1);
}
