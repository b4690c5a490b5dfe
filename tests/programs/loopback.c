/*
 * loopback [hold]: a server and its client in one process, for systems that cannot be examined from outside. Prints the
 * options of the listener, the client and the accepted socket in the format of sockets.py, and "errno unchanged" if
 * successful calls left errno alone. hold: stays until standard input ends.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SENTINEL = 4242 };

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	if (getsockopt(fd, level, name, &value, &length) != 0)
		return -1;
	return value;
}

static void show(const char *what, int fd)
{
	printf("%s keepalive=%d idle=%d interval=%d count=%d user_timeout=%d\n", what,
	       option(fd, SOL_SOCKET, SO_KEEPALIVE), option(fd, IPPROTO_TCP, TCP_KEEPIDLE),
	       option(fd, IPPROTO_TCP, TCP_KEEPINTVL), option(fd, IPPROTO_TCP, TCP_KEEPCNT),
	       option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
}

static int failed(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener, client, server, error;
	char byte = 0;

	errno = SENTINEL;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0)
		return failed("bind");
	if (listen(listener, 5) != 0)
		return failed("listen");
	if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
		return failed("getsockname");
	client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof(address)) != 0)
		return failed("connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		return failed("accept");
	error = errno;

	show("listener", listener);
	show("client", client);
	show("server", server);
	if (write(client, "x", 1) != 1 || read(server, &byte, 1) != 1 || byte != 'x')
		return failed("data");
	puts(error == SENTINEL ? "errno unchanged" : strerror(error));
	fflush(stdout);
	if (argc > 1 && strcmp(argv[1], "hold") == 0) {
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	return 0;
}
