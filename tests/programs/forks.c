/*
 * forks: fork() and vfork() while other threads are inside the hooks. Each child makes a socket, which must have
 * keepalive; none may hang.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

enum { FORKS = 50, THREADS = 4 };

static int stop;

static void *make_sockets(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		close(socket(AF_INET, SOCK_STREAM, 0));
	return unused;
}

/* An exit status: 0 for a socket with keepalive. */
static int child(void)
{
	int on = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(on);

	getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
	close(fd);
	return on ? 0 : 3;
}

static int is_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static pid_t forked(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(child());
	return pid;
}

static pid_t vforked(const char *name)
{
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): under test */

	if (pid == 0) {
		execl("/proc/self/exe", name, "child", (char *)NULL);
		_exit(4);
	}
	return pid;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int well = 0;

	if (argc > 1)
		return child();
	alarm(60);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, make_sockets, NULL);
	for (int i = 0; i < FORKS; i++) {
		well += is_well(forked());
		well += is_well(vforked(argv[0]));
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d of %d children well\n", well, 2 * FORKS);
	return 0;
}
