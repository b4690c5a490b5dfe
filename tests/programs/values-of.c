/*
 * values-of: the options of descriptors that were open before main(): values-of [-a] FD...
 *
 * -a: first accepts two connections from the first one (parent.py makes the second one later), and prints their options
 * too.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int get(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	getsockopt(fd, level, name, &value, &length);
	return value;
}

/* One write for each line, since standard output may be the connection itself. */
static void print(const char *name, int fd)
{
	dprintf(STDOUT_FILENO, "%s keepalive=%d idle=%d interval=%d count=%d user_timeout=%d\n",
		name, get(fd, SOL_SOCKET, SO_KEEPALIVE), get(fd, IPPROTO_TCP, TCP_KEEPIDLE),
		get(fd, IPPROTO_TCP, TCP_KEEPINTVL), get(fd, IPPROTO_TCP, TCP_KEEPCNT),
		get(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "-a") == 0) {
		first = 2;
		for (int i = 1; i <= 2; i++) {
			int fd = accept(atoi(argv[2]), NULL, NULL);
			char name[32];

			snprintf(name, sizeof(name), "accepted %d", i);
			print(name, fd);
		}
	}
	for (int i = first; i < argc; i++)
		print(argv[i], atoi(argv[i]));
	return 0;
}
