/*
 * conversation: a server and its clients in one process, TCP and UNIX, which make only these calls: socket, bind,
 * listen, connect, accept, accept4, read, write, close. Any other call in a trace is the shim's. Prints what each
 * returned. Exit status 42.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PORT = 29999 }; /* on an address that only this process uses */

static long show(const char *what, long result)
{
	printf("%s = %ld, errno %d\n", what, result, result < 0 ? errno : 0);
	return result;
}

static void talk(int from, int to)
{
	char text[8] = "";

	show("write", write(from, "hello", 5));
	show("read", read(to, text, sizeof(text)));
	puts(text);
	close(from);
	show("read", read(to, text, sizeof(text)));
	close(to);
}

static void converse(const struct sockaddr *address, socklen_t length)
{
	int server = (int)show("socket", socket(address->sa_family, SOCK_STREAM, 0));
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t room = sizeof(peer);
	int client, accepted;

	show("bind", bind(server, address, length));
	show("listen", listen(server, 4));
	client = (int)show("socket", socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	show("connect", connect(client, address, length));
	accepted = (int)show("accept", accept(server, (struct sockaddr *)&peer, &room));
	printf("family %d\n", peer.ss_family);
	talk(client, accepted);
	client = (int)show("socket", socket(address->sa_family, SOCK_STREAM, 0));
	show("connect", connect(client, address, length));
	show("connect", connect(client, address, length));
	accepted = (int)show("accept4", accept4(server, NULL, NULL, SOCK_CLOEXEC));
	talk(accepted, client);
	close(server);
	client = (int)show("socket", socket(address->sa_family, SOCK_STREAM, 0));
	show("connect", connect(client, address, length));
	close(client);
}

int main(void)
{
	unsigned own = (unsigned)getpid() & 0xffffff;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(PORT),
				       .sin_addr.s_addr = htonl(127U << 24 | own) };
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "conversation %u", own);
	converse((struct sockaddr *)&address, sizeof(address));
	converse((struct sockaddr *)&name, sizeof(name));
	/* New to the shim, so it examines this descriptor. */
	show("connect", connect(STDIN_FILENO, (struct sockaddr *)&address, sizeof(address)));
	show("accept", accept(STDIN_FILENO, NULL, NULL));
	fputs("done\n", stderr);
	return 42;
}
