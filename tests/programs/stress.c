/*
 * stress: random calls with good and bad arguments: stress SEED COUNT
 *
 * Prints a line for each call: its result, errno and what it wrote. The same seed causes the same calls and, with or
 * without the shim, the same lines: descriptors, flags, errors, bytes. Only keepalive may differ, so it is not printed
 * unless this program has set it itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLACES = 24, FIRST = 10 };

static uint64_t state;
static int place[PLACES]; /* descriptors, open or closed */
static int echo;          /* a socket connected with itself, for settle() */
static char *edge;        /* the first address that is not mapped */
static unsigned short ports[PLACES];

/*
 * Waits until whatever was sent on this host has arrived, and been answered: on one processor
 * loopback keeps the order, across sockets too, but a busy kernel delivers later. Without it what a
 * call finds (bytes, an end, a refusal) is a matter of luck.
 */
static void settle(void)
{
	enum { ROUNDS = 6 }; /* SYN, SYN and ACK, ACK; and what ends a connection */
	char byte = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (send(echo, &byte, 1, 0) != 1 || recv(echo, &byte, 1, 0) != 1)
			abort();
	}
}

/* Whether it is ready when all has arrived. */
static int ready(int fd, short events)
{
	struct pollfd one = { .fd = fd, .events = events };

	settle();
	return poll(&one, 1, 0);
}

/* A socket that is connected with itself, on one processor from now on. */
static void begin_to_settle(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t length = sizeof(name);
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	echo = socket(AF_INET, SOCK_DGRAM, 0);
	if (sched_setaffinity(0, sizeof(one), &one) != 0 ||
	    bind(echo, (struct sockaddr *)&name, length) != 0 ||
	    getsockname(echo, (struct sockaddr *)&name, &length) != 0 ||
	    connect(echo, (struct sockaddr *)&name, length) != 0)
		abort();
}

static unsigned below(unsigned limit)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(state >> 33) % limit;
}

static void said(const char *call, long result)
{
	printf("%s %ld %d\n", call, result, result < 0 ? errno : 0);
}

/* A descriptor, in most cases an open one. */
static int *any(void)
{
	int *found = &place[below(PLACES)];

	for (unsigned tries = below(8); tries && *found < 0; tries--)
		found = &place[below(PLACES)];
	return found;
}

static unsigned short any_port(void)
{
	unsigned short port = ports[below(PLACES)];

	for (unsigned tries = below(16); tries && !port; tries--)
		port = ports[below(PLACES)];
	return port;
}

/* Numbers are the lowest free ones, so they show whether a descriptor was left open. */
static void keep(int fd)
{
	int *to = any();

	if (*to > 2)
		close(*to);
	*to = fd;
}

/* A buffer of length bytes that is mapped, partly mapped, or not mapped at all. */
static void *room(unsigned length)
{
	switch (below(8)) {
	case 0:
		return edge;
	case 1:
		return edge - length / 2;
	case 2:
		return NULL;
	default:
		return edge - length - below(64);
	}
}

static struct sockaddr *address(unsigned length)
{
	struct sockaddr_in name = { .sin_family = below(10) ? AF_INET : (sa_family_t)below(3),
				    .sin_port = any_port() };
	char *at = room(length);

	name.sin_addr.s_addr = htonl(below(8) ? INADDR_LOOPBACK : below(2) * (INADDR_LOOPBACK + 1));
	if (at && at + length <= edge)
		memcpy(at, &name, length < sizeof(name) ? length : sizeof(name));
	return (struct sockaddr *)at;
}

static void make(void)
{
	static const int domains[] = {
		AF_INET, AF_INET, AF_INET, AF_UNIX, AF_INET6, AF_NETLINK, 99
	};
	static const int kinds[] = { SOCK_STREAM,    SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM,
				     SOCK_SEQPACKET, SOCK_RAW,    77 };
	int domain = domains[below(7)], kind = kinds[below(7)];
	int flags = (below(2) ? SOCK_CLOEXEC : 0) | (below(4) ? SOCK_NONBLOCK : 0);
	int fd = below(8) ? socket(domain, kind | flags, below(6) ? 0 : (int)below(300))
			  : (int)syscall(SYS_socket, domain, kind | flags, 0);

	said("socket", fd);
	if (fd < 0)
		return;
	printf("flags %d %d\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	keep(fd);
}

static void name_it(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t length = sizeof(name);
	unsigned i = (unsigned)(any() - place);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	said("bind", bind(place[i], (struct sockaddr *)&name, length));
	/* A backlog for all connections: the kernel would try one for which there is no room again, at times that vary. */
	said("listen", listen(place[i], 100 + (int)below(4)));
	if (getsockname(place[i], (struct sockaddr *)&name, &length) == 0)
		ports[i] = name.sin_port;
}

static void connect_it(void)
{
	unsigned length = below(6) ? sizeof(struct sockaddr_in) : below(40);
	int fd = *any(), result = connect(fd, address(length), length);

	said("connect", result);
	if (result < 0 && errno == EINPROGRESS)
		said("poll", ready(fd, POLLOUT));
}

static void accept_from(int fd)
{
	struct sockaddr_storage here;
	socklen_t *length = below(3) ? room(sizeof(*length)) : NULL, given = below(40);
	struct sockaddr *to = below(3) ? room(given) : NULL;

	settle();
	if (!below(3)) {
		to = (struct sockaddr *)&here;
		length = &given;
	} else if (length && (char *)length + sizeof(*length) <= edge) {
		*length = given;
	}
	fd = below(2) ? accept(fd, to, length)
		      : accept4(fd, to, length, (int)below(3) * SOCK_NONBLOCK);
	said("accept", fd);
	if (length == &given && fd >= 0)
		printf("length %u\n", given);
	if (fd >= 0) {
		printf("flags %d %d\n", fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
		fcntl(fd, F_SETFL, O_NONBLOCK);
		keep(fd);
	}
}

static void accept_it(void)
{
	accept_from(*any());
}

static void set(void)
{
	static const int options[][2] = { { SOL_SOCKET, SO_KEEPALIVE },
					  { IPPROTO_TCP, TCP_KEEPIDLE },
					  { IPPROTO_TCP, TCP_KEEPCNT },
					  { IPPROTO_TCP, TCP_USER_TIMEOUT },
					  { IPPROTO_TCP, TCP_NODELAY },
					  { SOL_SOCKET, SO_REUSEADDR },
					  { 99, 1 } };
	unsigned i = below(7), length = below(6) ? sizeof(int) : below(9);
	char *value = room(sizeof(int));

	if (value && value + sizeof(int) <= edge)
		memcpy(value, &(int){ (int)below(200) - 3 }, sizeof(int));
	said("setsockopt", setsockopt(*any(), options[i][0], options[i][1], value, length));
}

static void move(void)
{
	int from = *any(), *to = any(), fd;

	if (below(3) == 0 && *to > 2) {
		said("dup2", dup2(from, *to));
	} else if (below(2)) {
		fd = fcntl(from, F_DUPFD, FIRST);
		said("dup", fd);
		if (fd >= 0)
			keep(fd);
	} else if (*to > 2) {
		said("close", close(*to)); /* the number stays in use */
	}
}

/* Passes a socket over SCM_RIGHTS; it gets the lowest free number. */
static void pass(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int ends[2], fd = *any();

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	said("sendmsg", sendmsg(ends[0], &message, MSG_DONTWAIT));
	if (recvmsg(ends[1], &message, MSG_DONTWAIT) == 1 && message.msg_controllen) {
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		said("received", fd);
		keep(fd);
	}
	close(ends[0]);
	close(ends[1]);
}

/* A whole connection, whose sockets are made and moved in various ways. */
static int tcp(void)
{
	int fd = below(4) ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)
			  : (int)syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int *over = any();

	if (below(4) == 0 && *over > 2) {
		dup2(fd, *over);
		close(fd);
		fd = *over;
		*over = -1;
	}
	return fd;
}

static void converse(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t length = sizeof(name);
	int server = tcp(), client = tcp();

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (below(2))
		set();
	said("bind", bind(server, (struct sockaddr *)&name, length));
	said("listen", listen(server, 100));
	getsockname(server, (struct sockaddr *)&name, &length);
	if (below(4) == 0)
		said("connect", connect(client, (struct sockaddr *)edge, length));
	connect(client, (struct sockaddr *)&name, length);
	said("poll", ready(client, POLLOUT));
	said("connect", connect(client, (struct sockaddr *)&name, length));
	accept_from(server);
	keep(server);
	keep(client);
}

static void talk(void)
{
	char bytes[64];
	int fd = *any();
	long result = below(2) ? send(fd, "some bytes", below(11), MSG_NOSIGNAL | MSG_DONTWAIT)
			       : recv(fd, bytes, below(sizeof(bytes)), MSG_DONTWAIT);

	if (fd > 2)
		said("talk", result);
}

static void acts(unsigned count)
{
	static void (*const act[])(
		void) = { make, make, name_it, connect_it, connect_it, accept_it,
			  set,  move, pass,    talk,       converse,   converse };

	while (count--) {
		settle();
		act[below(sizeof(act) / sizeof(act[0]))]();
	}
}

int main(int argc, char **argv)
{
	unsigned count = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	int status;

	if (argc != 3)
		return 2;
	state = strtoull(argv[1], NULL, 10) * 2 + 1;
	signal(SIGPIPE, SIG_IGN);
	edge = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(edge + 32768, 32768, PROT_NONE);
	edge += 32768;
	for (unsigned i = 0; i < PLACES; i++)
		place[i] = -1;
	begin_to_settle();
	acts(count / 2);
	fflush(stdout);
	if (fork() == 0) {
		acts(count / 4);
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	printf("child %d\n", status);
	acts(count / 4);
	return 0;
}
