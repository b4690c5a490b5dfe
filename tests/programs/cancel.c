/*
 * cancel: threads that are cancelled while they wait in accept(), accept4() and connect(). Each ends and runs its
 * clean-up, and no connection is lost.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 10, JOIN_SECONDS = 20 };

static struct sockaddr_in loopback;
#define ADDRESS ((struct sockaddr *)&loopback)

static int listener(int backlog)
{
	socklen_t length = sizeof(loopback);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	loopback = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, ADDRESS, length) != 0 || listen(fd, backlog) != 0 ||
	    getsockname(fd, ADDRESS, &length) != 0)
		abort();
	return fd;
}

struct waiting {
	const char *call;
	int fd;
	pid_t thread;
	int cleaned;
};

static void clean(void *waiting)
{
	((struct waiting *)waiting)->cleaned++;
}

static void *wait_in_call(void *argument)
{
	struct waiting *waiting = argument;
	int result;

	pthread_cleanup_push(clean, waiting);
	__atomic_store_n(&waiting->thread, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	if (waiting->call[0] == 'c')
		result = connect(waiting->fd, ADDRESS, sizeof(loopback));
	else if (waiting->call[6])
		result = accept4(waiting->fd, NULL, NULL, SOCK_CLOEXEC);
	else
		result = accept(waiting->fd, NULL, NULL);
	printf("%s returned %d\n", waiting->call, result);
	pthread_cleanup_pop(0);
	return NULL;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Waits until the thread sleeps in its call. */
static void await_sleep(struct waiting *waiting)
{
	char path[64], state = 0;

	while (!__atomic_load_n(&waiting->thread, __ATOMIC_ACQUIRE))
		nap();
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiting->thread);
	while (state != 'S') {
		FILE *stat = fopen(path, "r");

		if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
			abort();
		fclose(stat);
		nap();
	}
}

static void cancel(const char *call, int fd, int asleep)
{
	struct waiting waiting = { .call = call, .fd = fd };
	struct timespec end;
	pthread_t thread;
	void *result = NULL;

	pthread_create(&thread, NULL, wait_in_call, &waiting);
	if (asleep)
		await_sleep(&waiting);
	pthread_cancel(thread);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += JOIN_SECONDS;
	if (pthread_timedjoin_np(thread, &result, &end) != 0) {
		printf("%s: the cancelled thread goes on\n", call);
		exit(1);
	}
	if (result != PTHREAD_CANCELED || (asleep && waiting.cleaned != 1)) {
		printf("%s: not cancelled, or clean-up ran %d times\n", call, waiting.cleaned);
		exit(1);
	}
}

/* connect() to a listener whose queue is full waits. */
static int unanswered(int *full)
{
	int fd;

	*full = listener(0);
	for (;;) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd, ADDRESS, sizeof(loopback));
		if (poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, 20) == 0)
			break;
	}
	close(fd);
	return socket(AF_INET, SOCK_STREAM, 0);
}

int main(void)
{
	int server = listener(64), client, full;

	for (int i = 0; i < ROUNDS; i++) {
		cancel("accept", server, i % 5 != 0);
		cancel("accept4", server, i % 5 != 0);
	}
	client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(client, ADDRESS, sizeof(loopback)) != 0 || accept(server, NULL, NULL) < 0) {
		puts("the listener is not what it was");
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		client = unanswered(&full);
		cancel("connect", client, i % 5 != 0);
		close(client);
		close(full);
	}
	puts("all ended");
	return 0;
}
