/*
 * supervised: reports what a program can notice of its supervisor: supervised WHAT [ARG...]
 *
 * WHAT is one of the functions below; the comment above each begins with its arguments. Tests link it statically.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int value(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	getsockopt(fd, level, name, &value, &length);
	return value;
}

static int number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

static bool has_keepalive(int fd)
{
	return value(fd, SOL_SOCKET, SO_KEEPALIVE) == 1;
}

static int tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static void print(const char *name, int fd)
{
	struct stat status;

	if (fd < 0) {
		printf("%s: %s\n", name, strerror(errno));
		return;
	}
	fstat(fd, &status);
	printf("%s: keepalive=%d idle=%d interval=%d count=%d cloexec=%d nonblock=%d uid=%u "
	       "fd=%d\n",
	       name, value(fd, SOL_SOCKET, SO_KEEPALIVE), value(fd, IPPROTO_TCP, TCP_KEEPIDLE),
	       value(fd, IPPROTO_TCP, TCP_KEEPINTVL), value(fd, IPPROTO_TCP, TCP_KEEPCNT),
	       fcntl(fd, F_GETFD) & FD_CLOEXEC, (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
	       status.st_uid, fd);
}

static void made(const char *name, int domain, int type, int protocol)
{
	int fd = socket(domain, type, protocol);

	print(name, fd);
	if (fd >= 0)
		close(fd);
}

/* One line for each kind of socket. */
static void kinds(char **arguments)
{
	(void)arguments;
	made("tcp", AF_INET, SOCK_STREAM, 0);
	made("tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	made("mptcp", AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	made("cloexec", AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	made("nonblock", AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	made("both", AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	made("udp", AF_INET, SOCK_DGRAM, 0);
	made("unix", AF_UNIX, SOCK_STREAM, 0);
	made("sctp", AF_INET, SOCK_STREAM, 132);
}

/* The errors of socket() calls that must fail. */
static void errors(char **arguments)
{
	struct rlimit none = { 0, 0 };

	(void)arguments;
	made("flags", AF_INET, SOCK_STREAM | 0x10000, 0);
	made("protocol", AF_INET, SOCK_STREAM, 99);
	made("protocol6", AF_INET6, SOCK_STREAM, -1);
	made("type", AF_INET, 9, 0);
	made("domain", 99, SOCK_STREAM, 0);
	setrlimit(RLIMIT_NOFILE, &none);
	made("descriptors", AF_INET, SOCK_STREAM, 0);
}

static atomic_int without, failed;

static void *make_many(void *count)
{
	for (int i = *(int *)count; i > 0; i--) {
		int fd = tcp_socket();

		if (fd < 0)
			failed++;
		else if (!has_keepalive(fd))
			without++;
		close(fd);
	}
	return NULL;
}

/* THREADS COUNT: that many threads make that many sockets each, all at the same time. */
static void threads(char **arguments)
{
	int threads_wanted = number(arguments[0]), count = number(arguments[1]);
	pthread_t *thread = calloc((size_t)threads_wanted, sizeof(*thread));

	for (int i = 0; i < threads_wanted; i++) {
		if (pthread_create(&thread[i], NULL, make_many, &count) != 0)
			errx(1, "no thread");
	}
	for (int i = 0; i < threads_wanted; i++)
		pthread_join(thread[i], NULL);
	free(thread);
	printf("%d failed, %d without keepalive\n", failed, without);
}

static volatile sig_atomic_t caught;

static void catch (int signal)
{
	(void)signal;
	caught = 1;
}

/* What a program without children sees of children: wait(), waitid(), SIGCHLD. */
static void children(char **arguments)
{
	int status;

	(void)arguments;
	signal(SIGCHLD, catch);
	close(tcp_socket());
	printf("wait: %s\n", wait(&status) < 0 ? strerror(errno) : "a child");
	printf("waitid: %s\n",
	       waitid(P_ALL, 0, NULL, WEXITED | WNOHANG) < 0 ? strerror(errno) : "a child");
	printf("SIGCHLD: %s\n", caught ? "caught" : "none");
	printf("session: %s\n", getsid(0) == getpid() ? "leader" : "member");
}

/* COUNT FLAGS MICROSECONDS: sockets made while a signal arrives that often, whose handler has these flags. */
static void signals(char **arguments)
{
	struct sigaction action = { .sa_handler = catch, .sa_flags = number(arguments[1]) };
	const long period = number(arguments[2]);
	struct itimerval often = { { 0, period }, { 0, period } };
	int interrupted = 0, count = number(arguments[0]);

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < count; i++) {
		int fd = tcp_socket();

		if (fd < 0 && errno == EINTR)
			interrupted++;
		else if (fd < 0)
			failed++;
		else if (!has_keepalive(fd))
			without++;
		close(fd);
	}
	printf("%d interrupted, %d failed, %d without keepalive\n", interrupted, failed, without);
}

/* COUNT: processes that are killed while they make sockets; then one more socket. */
static void killed(char **arguments)
{
	for (int i = number(arguments[0]); i > 0; i--) {
		pid_t child = fork();

		if (child == 0) {
			for (;;)
				close(tcp_socket());
		}
		usleep((useconds_t)(200 + i % 7 * 100));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	print("after", tcp_socket());
}

/* Enters a network namespace of its own, in which the loopback interface is down. */
static void network(char **arguments)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	(void)arguments;
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		err(77, "unshare");
	fd = tcp_socket();
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		err(1, "SIOCGIFFLAGS");
	printf("loopback: %s\n", request.ifr_flags & IFF_UP ? "up: the outer one" : "down");
	printf("keepalive=%d\n", has_keepalive(fd));
}

/* UID: becomes that user; its sockets must belong to that user. */
static void user(char **arguments)
{
	uid_t uid = (uid_t)number(arguments[0]);

	print("before", tcp_socket());
	if (setgid(uid) != 0 || setuid(uid) != 0)
		err(77, "setuid");
	print("after", tcp_socket());
}

/* The first process ends, and its child continues to make sockets. */
static void orphan(char **arguments)
{
	(void)arguments;
	if (fork() == 0) {
		while (getppid() != 1)
			usleep(1000);
		print("orphan", tcp_socket());
	}
}

static sigjmp_buf refused;

static void give_up(int signal)
{
	(void)signal;
	siglongjmp(refused, 1);
}

/* The other system call interfaces of this processor, if the kernel has them. */
static void entries(char **arguments)
{
	long fd = -ENOSYS;

	(void)arguments;
#ifdef __x86_64__
	fd = syscall(SYS_socket | 0x40000000, AF_INET, SOCK_STREAM, 0);
	if (fd >= 0)
		print("x32", (int)fd);
	signal(SIGSEGV, give_up);
	if (sigsetjmp(refused, 1) == 0) {
		__asm__ volatile("int $0x80"
				 : "=a"(fd)
				 : "a"(359), "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
				 : "r8", "r9", "r10", "r11", "memory");
		if (fd >= 0)
			print("i386", (int)fd);
	}
#endif
	print("native", tcp_socket());
}

/* Listens, prints the port, accepts one connection after the other, and prints the options of each. */
static void server(char **arguments)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = tcp_socket(), accepted;
	char byte;

	(void)arguments;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 9) != 0)
		err(1, "listen");
	getsockname(listener, (struct sockaddr *)&address, &length);
	printf("port %d\n", ntohs(address.sin_port));
	fflush(stdout);
	while ((accepted = accept(listener, NULL, NULL)) >= 0) {
		print("accepted", accepted);
		fflush(stdout);
		while (read(accepted, &byte, 1) > 0)
			;
		close(accepted);
	}
}

/* The program's own calls on the options. */
static void own(char **arguments)
{
	static const struct {
		const char *name;
		int level, option, value;
	} calls[] = {
		{ "idle", IPPROTO_TCP, TCP_KEEPIDLE, 200 },
		{ "interval", IPPROTO_TCP, TCP_KEEPINTVL, 33 },
		{ "count", IPPROTO_TCP, TCP_KEEPCNT, 2 },
		{ "nodelay", IPPROTO_TCP, TCP_NODELAY, 1 },
		{ "user timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, 1234 },
		{ "keepalive", SOL_SOCKET, SO_KEEPALIVE, 0 },
	};
	int fd = tcp_socket();

	(void)arguments;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (setsockopt(fd, calls[i].level, calls[i].option, &calls[i].value,
			       sizeof(calls[i].value)) != 0)
			printf("%s: %s\n", calls[i].name, strerror(errno));
	}
	print("socket", fd);
	printf("nodelay=%d user_timeout=%d\n", value(fd, IPPROTO_TCP, TCP_NODELAY) != 0,
	       value(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
}

/* PORT: connects there, on both kinds of addresses that reach it, and prints what the sockets have. */
static void client(char **arguments)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	int fd[2] = { tcp_socket(), socket(AF_INET6, SOCK_STREAM, 0) };

	ipv4.sin_port = mapped.sin6_port = htons((uint16_t)number(arguments[0]));
	ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
	if (connect(fd[0], (struct sockaddr *)&ipv4, sizeof(ipv4)) != 0 ||
	    connect(fd[1], (struct sockaddr *)&mapped, sizeof(mapped)) != 0)
		err(1, "connect");
	print("ipv4", fd[0]);
	print("mapped", fd[1]);
}

/* PATH: makes a socket, then executes that program, then that one makes its own. */
static void execute(char **arguments)
{
	print("before", tcp_socket());
	fflush(stdout);
	execl(arguments[0], arguments[0], "kinds", NULL);
	err(1, "%s", arguments[0]);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*call)(char **arguments);
		int arguments;
	} all[] = {
		{ "kinds", kinds, 0 },       { "errors", errors, 0 },   { "threads", threads, 2 },
		{ "children", children, 0 }, { "signals", signals, 3 }, { "killed", killed, 1 },
		{ "network", network, 0 },   { "user", user, 1 },       { "orphan", orphan, 0 },
		{ "entries", entries, 0 },   { "server", server, 0 },   { "own", own, 0 },
		{ "client", client, 1 },     { "execute", execute, 1 },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(argv[1], all[i].name) == 0 && argc == 2 + all[i].arguments) {
			all[i].call(argv + 2);
			return 0;
		}
	}
	errx(2, "supervised WHAT [ARG...]");
}
