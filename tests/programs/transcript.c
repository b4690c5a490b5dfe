/*
 * transcript: calls every function that the shim replaces, with good and bad arguments, and prints what each returned and
 * left in errno. With and without the shim it must print the same.
 *
 * transcript [others]: others leaves out TCP.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <errno.h>

enum { UNTOUCHED = 7777, VSOCK = 40, SCTP = 132, MPTCP = 262 };

/* What a call returned, and errno, which success must leave alone. */
#define CALL(call) show(#call, (errno = UNTOUCHED, (call)))

static long show(const char *call, long result)
{
	if (errno == UNTOUCHED)
		printf("%s = %ld\n", call, result);
	else
		printf("%s = %ld, errno %d\n", call, result, errno);
	return result;
}

/* A pointer that is never valid; not NULL, which has a meaning in some calls. */
static char *const nowhere = (char *)8;
#define BAD ((void *)nowhere)

static void silent_handler(int signal)
{
	(void)signal;
}

/* The last bytes of a page before unmapped memory: reading beyond them ends the program. */
static void *at_the_edge(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0)
		abort();
	return pages + page - size;
}

/* A signal that interrupts a blocking call in 30 ms, and another one in case the first came too soon. */
static void interrupt_soon(void)
{
	struct itimerval soon = { .it_value = { .tv_usec = 30000 },
				  .it_interval = { .tv_usec = 60000 } };

	setitimer(ITIMER_REAL, &soon, NULL);
}

static void interrupt_no_more(void)
{
	struct itimerval never = { .it_value = { 0 } };

	setitimer(ITIMER_REAL, &never, NULL);
}

static struct sockaddr_in loopback;
#define ADDRESS ((struct sockaddr *)&loopback)

/* A listener on a free port, which becomes that of loopback. */
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

static void close_from(int first)
{
	for (int fd = first; fd < 64; fd++)
		close(fd);
}

static void keepalive_of(int fd)
{
	int value = 0;
	socklen_t length = sizeof(value);

	if (syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &value, &length) == 0)
		printf("  SO_KEEPALIVE %d\n", value);
}

static void flags_of(int fd)
{
	printf("  FD %#x FL %#x\n", (unsigned)fcntl(fd, F_GETFD), (unsigned)fcntl(fd, F_GETFL));
}

static void other_sockets(void)
{
	static const struct {
		int domain, type, protocol;
	} kinds[] = {
		{ AF_INET, SOCK_DGRAM, 0 },
		{ AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP },
		{ AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
		{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
		{ AF_INET, SOCK_RAW, IPPROTO_TCP },
		{ AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6 },
		{ AF_INET, SOCK_STREAM, SCTP },
		{ AF_INET, SOCK_SEQPACKET, SCTP },
		{ AF_UNIX, SOCK_STREAM, 0 },
		{ AF_UNIX, SOCK_DGRAM, 0 },
		{ AF_UNIX, SOCK_SEQPACKET, 0 },
		{ AF_NETLINK, SOCK_RAW, 0 },
		{ AF_NETLINK, SOCK_DGRAM, 0 },
		{ AF_PACKET, SOCK_RAW, 0 },
		{ VSOCK, SOCK_STREAM, 0 },
		{ VSOCK, SOCK_SEQPACKET, 0 },
		{ 999, SOCK_STREAM, 0 },
		{ AF_INET, 99, 0 },
		{ AF_INET, SOCK_STREAM, 9999 },
		{ -1, -1, -1 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int fd, pair[2] = { -1, -1 }, on = 1;

		printf("%d %#x %d: ", kinds[i].domain, (unsigned)kinds[i].type, kinds[i].protocol);
		fd = (int)CALL(socket(kinds[i].domain, kinds[i].type, kinds[i].protocol));
		if (fd < 0)
			continue;
		keepalive_of(fd);
		CALL(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof(on)));
		CALL(listen(fd, 1));
		CALL(connect(fd, BAD, 16));
		keepalive_of(fd);
		CALL(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
		keepalive_of(fd);
		close(fd);
		if (kinds[i].domain == AF_UNIX &&
		    socketpair(AF_UNIX, kinds[i].type, 0, pair) == 0) {
			keepalive_of(pair[0]);
			keepalive_of(pair[1]);
		}
		close(pair[0]);
		close(pair[1]);
	}
}

static void udp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr *nobody = at_the_edge(sizeof(sa_family_t));
	socklen_t length = sizeof(loopback);

	loopback = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bind(fd, ADDRESS, length);
	getsockname(fd, ADDRESS, &length);
	nobody->sa_family = AF_UNSPEC;
	CALL(connect(other, ADDRESS, length));
	CALL(connect(other, ADDRESS, length));
	CALL(connect(other, nobody, sizeof(sa_family_t)));
	CALL(accept(fd, NULL, NULL));
	keepalive_of(other);
	close_from(fd);
}

static void unix_sockets(int type)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX
	}; /* without a name, so the kernel chooses an abstract one */
	socklen_t length = sizeof(sa_family_t), room;
	int fd = socket(AF_UNIX, type, 0), client = socket(AF_UNIX, type, 0), accepted;
	char *short_room = at_the_edge(4);

	bind(fd, (struct sockaddr *)&address, length);
	length = sizeof(address);
	getsockname(fd, (struct sockaddr *)&address, &length);
	CALL(connect(client, (struct sockaddr *)&address, length));
	CALL(listen(fd, 8));
	CALL(connect(client, (struct sockaddr *)&address, length));
	accepted = (int)CALL(accept(fd, NULL, NULL));
	keepalive_of(accepted);
	flags_of(accepted);
	client = socket(AF_UNIX, type, 0);
	CALL(connect(client, (struct sockaddr *)&address, length));
	room = 4;
	accepted = (int)CALL(accept4(fd, (struct sockaddr *)short_room, &room, SOCK_CLOEXEC));
	printf("  length %u\n", (unsigned)room);
	keepalive_of(accepted);
	flags_of(accepted);
	keepalive_of(client);
	keepalive_of(fd);
	CALL(connect(client, (struct sockaddr *)&(struct sockaddr_un){ AF_UNIX, "/nowhere" }, 16));
	close_from(fd);
}

static void no_sockets(void)
{
	int pipes[2], closed, on = 1;
	int fds[6];

	if (pipe(pipes) != 0)
		abort();
	closed = dup(0);
	close(closed);
	fds[0] = -1;
	fds[1] = closed;
	fds[2] = 0x7fffffff;
	fds[3] = pipes[0];
	fds[4] = open("/", O_RDONLY);
	fds[5] = -0x7fffffff - 1;
	for (int i = 0; i < 6; i++) {
		int fd = fds[i];

		CALL(connect(fd, NULL, 0));
		CALL(connect(fd, ADDRESS, sizeof(loopback)));
		CALL(accept(fd, NULL, NULL));
		CALL(accept(fd, BAD, BAD));
		CALL(accept4(fd, NULL, NULL, -1));
		CALL(listen(fd, 5));
		CALL(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
		CALL(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, BAD, 4));
	}
	close_from(pipes[0]);
}

static int client_of(int server)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)server;
	if (connect(fd, ADDRESS, sizeof(loopback)) != 0)
		abort();
	return fd;
}

static void accepting(void)
{
	int server = listener(16), accepted;
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t length;
	char *room;

	client_of(server);
	accepted = (int)CALL(accept(server, NULL, NULL));
	flags_of(accepted);
	client_of(server);
	accepted = (int)CALL(accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	flags_of(accepted);

	client_of(server);
	length = sizeof(peer);
	CALL(accept(server, (struct sockaddr *)&peer, &length));
	printf("  family %d, length %u\n", peer.ss_family, (unsigned)length);
	client_of(server);
	length = 12345;
	CALL(accept(server, NULL, &length));
	printf("  length %u\n", (unsigned)length);
	for (socklen_t size = 0; size <= 16; size += 4) {
		client_of(server);
		room = at_the_edge(size);
		length = size;
		CALL(accept(server, (struct sockaddr *)room, &length));
		printf("  room for %u, length %u\n", (unsigned)size, (unsigned)length);
	}

	/* The kernel takes the connection and drops it. */
	client_of(server);
	length = sizeof(peer);
	CALL(accept(server, BAD, &length));
	client_of(server);
	CALL(accept(server, (struct sockaddr *)&peer, NULL));
	client_of(server);
	CALL(accept4(server, (struct sockaddr *)&peer, BAD, 0));
	client_of(server);
	length = (socklen_t)-1;
	CALL(accept(server, (struct sockaddr *)&peer, &length));

	fcntl(server, F_SETFL, O_NONBLOCK);
	/* musl before 1.2.4 calls accept() if flags are unknown, which would wait. */
	CALL(accept4(server, NULL, NULL, 0x40000000));
	CALL(accept(server, NULL, NULL));
	CALL(accept(server, BAD, BAD));
	fcntl(server, F_SETFL, 0);
	interrupt_soon();
	CALL(accept(server, NULL, NULL));
	CALL(accept4(server, (struct sockaddr *)&peer, &length, 0));
	interrupt_no_more();
	CALL(accept(accepted, NULL, NULL));
	close_from(server);
}

static void accepting_on_copies(void)
{
	int server = listener(16), copy = dup(server), high = fcntl(server, F_DUPFD_CLOEXEC, 40);

	client_of(server);
	CALL(accept(copy, NULL, NULL));
	client_of(server);
	CALL(accept(high, NULL, NULL));
	close(server);
	client_of(copy);
	CALL(accept(copy, NULL, NULL));
	CALL(dup2(high, 0)); /* a listener as standard input, as inetd's wait */
	client_of(0);
	CALL(accept(0, NULL, NULL));
	CALL(listen(0, 3));
	close(0);
	if (open("/dev/null", O_RDONLY) != 0)
		abort();
	close_from(server);
}

static void connecting(void)
{
	int server = listener(16), fd, error;
	struct sockaddr_in6 other_family = { .sin6_family = AF_INET6 };
	struct sockaddr_in *edge = at_the_edge(sizeof(*edge));
	struct sockaddr *nobody = at_the_edge(sizeof(sa_family_t));
	struct sockaddr_in closed;
	socklen_t length = sizeof(error);
	struct pollfd writable = { .events = POLLOUT };

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	flags_of(fd);
	CALL(connect(fd, NULL, 0));
	CALL(connect(fd, NULL, sizeof(loopback)));
	CALL(connect(fd, BAD, sizeof(loopback)));
	CALL(connect(fd, ADDRESS, 0));
	CALL(connect(fd, ADDRESS, 1));
	CALL(connect(fd, ADDRESS, 15));
	CALL(connect(fd, ADDRESS, (socklen_t)-1));
	CALL(connect(fd, ADDRESS, 4096));
	CALL(connect(fd, (struct sockaddr *)&other_family, sizeof(other_family)));
	*edge = loopback;
	CALL(connect(fd, (struct sockaddr *)edge, sizeof(*edge)));
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	CALL(connect(fd, BAD, sizeof(loopback)));
	CALL(listen(fd, 1));
	nobody->sa_family = AF_UNSPEC;
	CALL(connect(fd, nobody, sizeof(sa_family_t)));
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	CALL(accept(fd, NULL, NULL));

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	flags_of(fd);
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	writable.fd = fd;
	CALL(poll(&writable, 1, -1));
	CALL(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
	printf("  error %d\n", error);
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	close(server);

	/* Nobody listens there any more. */
	closed = loopback;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CALL(connect(fd, (struct sockaddr *)&closed, sizeof(closed)));
	server = listener(16);
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CALL(connect(fd, (struct sockaddr *)&closed, sizeof(closed)));
	writable.fd = fd;
	CALL(poll(&writable, 1, -1));
	CALL(connect(fd, (struct sockaddr *)&closed, sizeof(closed)));
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	CALL(connect(server, ADDRESS, sizeof(loopback)));
	close_from(3);
}

/* A listener whose queue is full does not answer. */
static void connecting_without_answer(void)
{
	int full = listener(0), fd;

	client_of(full);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	while (connect(fd, ADDRESS, sizeof(loopback)),
	       poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, 50) == 1) {
		dup2(fd, 50);
		close(fd);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	}
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	interrupt_soon();
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	interrupt_no_more();
	fcntl(fd, F_SETFL, O_NONBLOCK);
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	close_from(full);
}

static void listening(void)
{
	int on = 1, first, second, fd;
	socklen_t length = sizeof(loopback);

	fd = socket(AF_INET, SOCK_STREAM, 0);
	CALL(listen(fd, -1));
	CALL(listen(fd, 0));
	CALL(listen(fd, 1 << 30));
	CALL(connect(fd, ADDRESS, sizeof(loopback)));
	fd = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	CALL(listen(fd, 1));
	fd = socket(AF_INET, SOCK_STREAM, MPTCP);
	printf("MPTCP %s\n", fd < 0 ? "absent" : "present");
	if (fd >= 0)
		CALL(listen(fd, 1));

	first = socket(AF_INET, SOCK_STREAM, 0);
	second = socket(AF_INET, SOCK_STREAM, 0);
	CALL(setsockopt(first, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	CALL(setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	loopback.sin_port = 0;
	CALL(bind(first, ADDRESS, sizeof(loopback)));
	getsockname(first, ADDRESS, &length);
	CALL(bind(second, ADDRESS, sizeof(loopback)));
	CALL(listen(first, 1));
	CALL(listen(second, 1));
	close_from(3);
}

static void setting(void)
{
	static const int names[] = { TCP_KEEPIDLE,     TCP_KEEPINTVL,           TCP_KEEPCNT,
				     TCP_USER_TIMEOUT, 44 /* TCP_RTO_MAX_MS */, TCP_NODELAY };
	static const int values[] = { 5, 0, -1, 32767, 32768, 0x7fffffff };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		printf("option %d\n", names[i]);
		for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++)
			CALL(setsockopt(fd, IPPROTO_TCP, names[i], &values[j], sizeof(int)));
		CALL(setsockopt(fd, IPPROTO_TCP, names[i], &values[0], 1));
		CALL(setsockopt(fd, IPPROTO_TCP, names[i], NULL, 4));
		CALL(setsockopt(fd, IPPROTO_TCP, names[i], BAD, 4));
		CALL(setsockopt(fd, IPPROTO_TCP, names[i], &values[0], (socklen_t)-1));
	}
	CALL(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &values[1], sizeof(int)));
	CALL(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &values[2], sizeof(int)));
	CALL(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, BAD, 4));
	CALL(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &values[2], 0));
	CALL(setsockopt(fd, 9999, SO_KEEPALIVE, &values[2], 4));
	CALL(setsockopt(fd, SOL_SOCKET, 9999, &values[2], 4));
	close_from(fd);
}

static void out_of_descriptors(void)
{
	struct rlimit before, few;
	int server = listener(16);

	client_of(server);
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 20;
	setrlimit(RLIMIT_NOFILE, &few);
	while (dup(0) >= 0)
		;
	CALL(socket(AF_INET, SOCK_STREAM, 0));
	CALL(socket(AF_UNIX, SOCK_STREAM, 0));
	CALL(accept(server, NULL, NULL));
	CALL(accept4(server, NULL, NULL, SOCK_CLOEXEC));
	close(19);
	CALL(accept(server, NULL, NULL));
	close(18);
	CALL(socket(AF_INET6, SOCK_STREAM, 0));
	CALL(socket(AF_INET6, SOCK_STREAM, 0));
	setrlimit(RLIMIT_NOFILE, &before);
	close_from(server);
}

static void signals(void)
{
	sigset_t mask, pending;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	for (int signal = 1; signal < 32; signal++) {
		if (sigismember(&mask, signal) || sigismember(&pending, signal))
			printf("signal %d is blocked or pending\n", signal);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = silent_handler }; /* no SA_RESTART */

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	sigaction(SIGALRM, &action, NULL);
	close_from(3);
	other_sockets();
	udp();
	unix_sockets(SOCK_STREAM);
	unix_sockets(SOCK_SEQPACKET);
	if (argc == 1) {
		no_sockets();
		accepting();
		accepting_on_copies();
		connecting();
		connecting_without_answer();
		listening();
		setting();
		out_of_descriptors();
	} else if (strcmp(argv[1], "others") != 0) {
		return 2;
	}
	signals();
	printf("the lowest free descriptor is %d\n", dup(0));
	fprintf(stderr, "done\n");
	return 42;
}
