/*
 * behind: another interposer, which prints at exit how often each of its functions was called.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int sockets, connects, accepts, listens;

int socket(int domain, int type, int protocol)
{
	int (*next)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");

	sockets++;
	return next(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int (*next)(int, const struct sockaddr *, socklen_t) =
		(int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");

	connects++;
	return next(fd, address, length);
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
	int (*next)(int, struct sockaddr *, socklen_t *) =
		(int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept");

	accepts++;
	return next(fd, address, length);
}

int listen(int fd, int backlog)
{
	int (*next)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");

	listens++;
	return next(fd, backlog);
}

__attribute__((destructor)) static void say(void)
{
	dprintf(STDERR_FILENO, "behind: socket %d connect %d accept %d listen %d\n", sockets,
		connects, accepts, listens);
}
