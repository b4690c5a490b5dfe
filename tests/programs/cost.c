/*
 * cost: performs an operation many times, for counting and timing.
 *
 *   cost [-b] [-a ADDRESS] [-t THREADS] COUNT OPERATION... [COUNT OPERATION...]...
 *
 * Each OPERATION is performed COUNT times. It prints a line with its name and the nanoseconds that one took; in a trace it
 * is between write(-1, "OPERATION") and write(-1, "between"). Peers and ports that it needs are made before it and
 * closed after it by raw system calls, which no preload sees.
 *
 * -b  four setsockopts by hand after each TCP socket() and before listen()
 * -a  the loopback address that connections are made to and come from (127.0.0.1)
 * -t  threads that share the batch
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { COUNT_MAX = 200000, BACKLOG = 4096, THREADS_MAX = 64 };

static bool by_hand;
static int threads = 1, count;
static struct in_addr loopback;

static int made[COUNT_MAX], peers[COUNT_MAX];
static int raw_listener = -1, shim_listener = -1, unix_listener = -1, one = -1;
static struct sockaddr_in raw_name, shim_name;
static struct sockaddr_un unix_name;
static socklen_t unix_length = sizeof(unix_name);

static int checked(long result, const char *call)
{
	if (result < 0)
		err(1, "%s", call);
	return (int)result;
}

static void set_keepalive(int fd)
{
	static const int idle = 60, interval = 10, probes = 6, on = 1;

	if (!by_hand)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static int tcp_socket(void)
{
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	set_keepalive(fd);
	return fd;
}

static int raw_socket(void)
{
	return checked(syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
}

static void bind_to(int fd, struct in_addr address, struct sockaddr_in *name)
{
	struct sockaddr_in wanted = { .sin_family = AF_INET, .sin_addr = address };
	socklen_t length = sizeof(*name);

	checked(bind(fd, (struct sockaddr *)&wanted, sizeof(wanted)), "bind");
	if (name)
		checked(getsockname(fd, (struct sockaddr *)name, &length), "getsockname");
}

/* Closes it with a reset, so that no TIME-WAIT uses up the ports. */
static void reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* A listener for the clients. */
static void prepare_listener(void)
{
	if (raw_listener >= 0)
		return;
	raw_listener = raw_socket();
	bind_to(raw_listener, loopback, &raw_name);
	checked(syscall(SYS_listen, raw_listener, BACKLOG), "listen");
}

static void reset_accepted(void)
{
	for (int i = 0; i < count; i++)
		reset(checked(syscall(SYS_accept4, raw_listener, NULL, NULL, SOCK_CLOEXEC),
			      "accept"));
}

static void close_made(void)
{
	for (int i = 0; i < count; i++)
		close(made[i]);
}

static void act_tcp(int i)
{
	(void)i;
	close(tcp_socket());
}

static void act_tcp6(int i)
{
	(void)i;
	close(checked(socket(AF_INET6, SOCK_STREAM, 0), "socket"));
}

/* A client from socket() to close(). */
static void act_client(int i)
{
	int fd = tcp_socket();

	(void)i;
	checked(connect(fd, (struct sockaddr *)&raw_name, sizeof(raw_name)), "connect");
	close(fd);
}

static void prepare_made(void)
{
	prepare_listener();
	for (int i = 0; i < count; i++)
		made[i] = tcp_socket();
}

static void act_connect(int i)
{
	struct sockaddr_in name = raw_name;

	checked(connect(made[i], (struct sockaddr *)&name, sizeof(name)), "connect");
}

/* With an address that is not on the stack. */
static void act_connect_static(int i)
{
	checked(connect(made[i], (struct sockaddr *)&raw_name, sizeof(raw_name)), "connect");
}

static void finish_connect(void)
{
	close_made();
	reset_accepted();
}

static void prepare_bound(void)
{
	for (int i = 0; i < count; i++) {
		made[i] = tcp_socket();
		bind_to(made[i], loopback, NULL);
	}
}

static void act_listen(int i)
{
	checked(listen(made[i], 1), "listen");
}

static void prepare_shim_listener(void)
{
	if (shim_listener >= 0)
		return;
	shim_listener = tcp_socket();
	bind_to(shim_listener, loopback, &shim_name);
	checked(listen(shim_listener, BACKLOG), "listen");
}

static void call(int i)
{
	peers[i] = raw_socket();
	bind_to(peers[i], loopback, NULL);
	checked(syscall(SYS_connect, peers[i], &shim_name, sizeof(shim_name)), "connect");
}

/* Connections wait to be accepted. */
static void prepare_clients(void)
{
	prepare_shim_listener();
	for (int i = 0; i < count; i++)
		call(i);
}

static void act_accept(int i)
{
	(void)i;
	close(checked(accept(shim_listener, NULL, NULL), "accept"));
}

static void act_accept4(int i)
{
	struct sockaddr_in6 peer;
	socklen_t length = sizeof(peer);

	(void)i;
	close(checked(accept4(shim_listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC),
		      "accept4"));
}

static void reset_peers(void)
{
	for (int i = 0; i < count; i++)
		reset(peers[i]);
}

static void act_udp(int i)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons(9),
				    .sin_addr = loopback };
	int fd = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	(void)i;
	checked(connect(fd, (struct sockaddr *)&name, sizeof(name)), "connect");
	close(fd);
}

static void act_raw(int i)
{
	(void)i;
	close(checked(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "socket"));
}

static void act_netlink(int i)
{
	(void)i;
	close(checked(socket(AF_NETLINK, SOCK_RAW, 0), "socket"));
}

static void prepare_unix(void)
{
	sa_family_t unnamed = AF_UNIX; /* the kernel chooses an abstract name: unix(7) */

	if (unix_listener >= 0)
		return;
	unix_listener = checked(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	checked(bind(unix_listener, (struct sockaddr *)&unnamed, sizeof(unnamed)), "bind");
	checked(getsockname(unix_listener, (struct sockaddr *)&unix_name, &unix_length),
		"getsockname");
	checked(listen(unix_listener, 1), "listen");
}

/* Both ends. */
static void act_unix(int i)
{
	int fd = checked(socket(AF_UNIX, SOCK_STREAM, 0), "socket");

	(void)i;
	checked(connect(fd, (struct sockaddr *)&unix_name, unix_length), "connect");
	close(checked(accept(unix_listener, NULL, NULL), "accept"));
	close(fd);
}

static void prepare_one(void)
{
	if (one < 0)
		one = tcp_socket();
}

/* An option that the shim does not set. */
static void act_nodelay(int i)
{
	int on = i & 1;

	checked(setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "setsockopt");
}

/* Options that the shim sets. */
static void act_own(int i)
{
	int idle = 100 + i % 100;

	checked(setsockopt(one, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)), "setsockopt");
}

/* The cheapest system call, for comparison. */
static void act_null(int i)
{
	(void)i;
	syscall(SYS_getppid);
}

/* Sockets that stay open. */
static void act_hold(int i)
{
	made[i] = tcp_socket();
}

/* Connections that stay open, both ends. */
static void act_pairs(int i)
{
	call(i);
	made[i] = checked(accept(shim_listener, NULL, NULL), "accept");
}

/* Waits until it is killed, so that the process can be examined from outside. */
static void wait_forever(void)
{
	for (;;)
		pause();
}

static const struct operation {
	const char *name;
	void (*prepare)(void);
	void (*act)(int i);
	void (*finish)(void);
} operations[] = {
	{ "tcp", NULL, act_tcp, NULL },
	{ "tcp6", NULL, act_tcp6, NULL },
	{ "client", prepare_listener, act_client, reset_accepted },
	{ "connect", prepare_made, act_connect, finish_connect },
	{ "connect_static", prepare_made, act_connect_static, finish_connect },
	{ "listen", prepare_bound, act_listen, close_made },
	{ "accept", prepare_clients, act_accept, reset_peers },
	{ "accept4", prepare_clients, act_accept4, reset_peers },
	{ "udp", NULL, act_udp, NULL },
	{ "raw", NULL, act_raw, NULL },
	{ "netlink", NULL, act_netlink, NULL },
	{ "unix", prepare_unix, act_unix, NULL },
	{ "nodelay", prepare_one, act_nodelay, NULL },
	{ "own", prepare_one, act_own, NULL },
	{ "null", NULL, act_null, NULL },
	{ "hold", NULL, act_hold, NULL },
	{ "pairs", prepare_shim_listener, act_pairs, NULL },
	{ "wait", wait_forever, NULL, NULL },
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void mark(const char *text)
{
	if (syscall(SYS_write, -1, text, strlen(text)) >= 0)
		errx(1, "write to no descriptor");
}

struct share {
	const struct operation *operation;
	int from, to;
};

static void *act(void *context)
{
	const struct share *share = context;

	for (int i = share->from; i < share->to; i++)
		share->operation->act(i);
	return NULL;
}

static void act_in_threads(const struct operation *operation)
{
	pthread_t thread[THREADS_MAX];
	struct share share[THREADS_MAX];

	for (int i = 0; i < threads; i++) {
		share[i] = (struct share){ operation, (int)((long)count * i / threads),
					   (int)((long)count * (i + 1) / threads) };
		if (pthread_create(&thread[i], NULL, act, &share[i]) != 0)
			errx(1, "pthread_create");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
}

static void batch(const char *name)
{
	const struct operation *operation = operations;
	const struct operation *end = operations + sizeof(operations) / sizeof(operations[0]);
	struct share all = { .from = 0, .to = count };
	double start, time;

	while (operation < end && strcmp(operation->name, name) != 0)
		operation++;
	if (operation == end)
		errx(1, "no operation %s", name);
	all.operation = operation;
	if (operation->prepare)
		operation->prepare();
	mark(name);
	start = now();
	if (threads > 1)
		act_in_threads(operation);
	else
		act(&all);
	time = now() - start;
	mark("between");
	if (operation->finish)
		operation->finish();
	printf("%s %.1f\n", name, time / (count ? count : 1));
}

static bool is_number(const char *text)
{
	return *text >= '0' && *text <= '9';
}

int main(int argc, char **argv)
{
	struct rlimit files;
	const char *address = "127.0.0.1";
	int option;

	while ((option = getopt(argc, argv, "ba:t:")) != -1) {
		if (option == 'b')
			by_hand = true;
		else if (option == 'a')
			address = optarg;
		else if (option == 't')
			threads = atoi(optarg);
		else
			return 2;
	}
	if (argc - optind < 2 || !is_number(argv[optind]) || threads < 1 || threads > THREADS_MAX ||
	    inet_pton(AF_INET, address, &loopback) != 1)
		errx(2, "usage: cost [-b] [-a ADDRESS] [-t THREADS] COUNT OPERATION...");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	mark("between");
	for (int i = optind; i < argc; i++) {
		if (!is_number(argv[i]))
			batch(argv[i]);
		else if ((count = atoi(argv[i])) > COUNT_MAX)
			errx(2, "COUNT: at most %d", COUNT_MAX);
	}
	return 0;
}
