/*
 * early: a library whose constructor makes a socket, listens and connects, possibly before the shim's constructor runs.
 * Prints the idle times of the three sockets.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int idle(int fd)
{
	int on = 0, value = 0;
	socklen_t length = sizeof(int);

	getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
	getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &length);
	return on ? value : 0;
}

__attribute__((constructor)) static void early(void)
{
	struct sockaddr_in loopback = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = (struct sockaddr *)&loopback;
	socklen_t length = sizeof(loopback);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	int accepted;

	bind(server, address, length);
	listen(server, 1);
	getsockname(server, address, &length);
	connect(client, address, length);
	accepted = accept(server, NULL, NULL);
	dprintf(STDOUT_FILENO, "early: %d %d %d\n", idle(server), idle(client), idle(accepted));
	close(server);
	close(client);
	close(accepted);
}
