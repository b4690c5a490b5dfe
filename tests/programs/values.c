/*
 * values: the options of sockets of each role: values [-mnw] [-s OPTION=VALUE] [-l OPTION=VALUE] [ADDRESS [PORT]]
 *
 * Listens on ADDRESS (127.0.0.1) and PORT (0: any), connects to itself, and prints a line each for a
 * new socket, the listener, the client and the accepted server socket. -s: the program sets this option
 * itself on client and accepted sockets, -l: on the listener before listen(). -n: accept() without an
 * address. -m: MPTCP. -w: prints all but the new socket at the end, after a line "ready" and when
 * standard input ends.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	const char *name;
	int level, option;
} options[] = {
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },         { "idle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "interval", IPPROTO_TCP, TCP_KEEPINTVL },        { "count", IPPROTO_TCP, TCP_KEEPCNT },
	{ "user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT }, { "rto_max", IPPROTO_TCP, 44 },
};
enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

static void print(const char *name, int fd)
{
	printf("%s", name);
	for (int i = 0; i < OPTIONS; i++) {
		int value;
		socklen_t length = sizeof(value);

		if (getsockopt(fd, options[i].level, options[i].option, &value, &length) == 0)
			printf(" %s=%d", options[i].name, value);
		else
			printf(" %s=-", options[i].name);
	}
	printf("\n");
}

/* Sets OPTION=VALUE, and prints the error if there is one. */
static void set(int fd, const char *text)
{
	const char *value = strchr(text, '=') + 1;
	int number = atoi(value);

	for (int i = 0; i < OPTIONS; i++) {
		if (strncmp(text, options[i].name, (size_t)(value - 1 - text)) == 0 &&
		    setsockopt(fd, options[i].level, options[i].option, &number, sizeof(number)) !=
			    0)
			printf("set %s: %m\n", text);
	}
}

static socklen_t address_of(const char *text, const char *port, struct sockaddr_storage *address)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	ipv4->sin_port = htons((unsigned short)atoi(port));
	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		return sizeof(*ipv4);
	}
	if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
		ipv6->sin6_family = AF_INET6;
		return sizeof(*ipv6);
	}
	errx(2, "%s: not an address", text);
}

int main(int argc, char **argv)
{
	const char *own[16], *on_listener[16];
	int owned = 0, listeners = 0, option, listener, client, server, protocol = 0,
	    no_address = 0, one = 1;
	int waits = 0;
	struct sockaddr_storage address, peer;
	socklen_t length, peer_length = sizeof(peer);

	while ((option = getopt(argc, argv, "s:l:mnw")) != -1) {
		if (option == 's' && owned < 16)
			own[owned++] = optarg;
		else if (option == 'l' && listeners < 16)
			on_listener[listeners++] = optarg;
		else if (option == 'm')
			protocol = 262;
		else if (option == 'n')
			no_address = 1;
		else if (option == 'w')
			waits = 1;
		else
			return 2;
	}
	length = address_of(optind < argc ? argv[optind] : "127.0.0.1",
			    optind + 1 < argc ? argv[optind + 1] : "0", &address);
	listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (listener < 0)
		err(1, "socket");
	print("socket", listener);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	for (int i = 0; i < listeners; i++)
		set(listener, on_listener[i]);
	if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0)
		err(1, "listen");
	if (!waits)
		print("listener", listener);
	getsockname(listener, (struct sockaddr *)&address, &length);
	client = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, protocol);
	for (int i = 0; i < owned; i++)
		set(client, own[i]);
	connect(client, (struct sockaddr *)&address, length);
	server = no_address ? accept(listener, NULL, NULL)
			    : accept4(listener, (struct sockaddr *)&peer, &peer_length, 0);
	if (server < 0)
		err(1, "accept");
	for (int i = 0; i < owned; i++)
		set(server, own[i]);
	if (waits) {
		char c;

		puts("ready");
		fflush(stdout);
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
		print("listener", listener);
	}
	print("client", client);
	print("server", server);
	return 0;
}
