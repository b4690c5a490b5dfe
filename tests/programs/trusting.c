/*
 * trusting: checks what a program relies on if another process makes its sockets: trusting WHAT [ARG...]
 *
 * WHAT is one of the functions below; the comment above each begins with its arguments. Prints how often something went
 * wrong. Tests link it statically.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool has_keepalive(int fd)
{
	return value(fd, SOL_SOCKET, SO_KEEPALIVE) == 1;
}

static int tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* Makes sockets, one after the other; each must get the lowest free number. */
static void make_numbers(bool goes_on(const char *), const char *argument)
{
	long wrong = 0, without = 0, made = 0;
	int expected = tcp_socket();

	close(expected);
	for (; goes_on(argument); made++) {
		int fd = tcp_socket();

		wrong += fd != expected;
		without += !has_keepalive(fd);
		if (fd > 2)
			close(fd);
	}
	printf("%ld wrong, %ld without keepalive\n", wrong, without);
	fprintf(stderr, "made %ld\n", made);
}

static bool has_time(const char *seconds)
{
	static double end;

	if (!end)
		end = now() + number(seconds);
	return now() < end;
}

/* SECONDS: makes sockets for that long. */
static void numbers(char **arguments)
{
	make_numbers(has_time, arguments[0]);
}

static bool is_missing(const char *file)
{
	return access(file, F_OK) != 0;
}

/* FILE: makes sockets until it exists. */
static void numbers_until(char **arguments)
{
	make_numbers(is_missing, arguments[0]);
}

/* SECONDS: calls of each kind that a supervisor handles; none may fail. */
static void served(char **arguments)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };
	double end = now() + number(arguments[0]);
	long failed = 0, without = 0, made = 0;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (; now() < end; made++) {
		int listener = tcp_socket(), client = tcp_socket();

		failed += listener < 0 || client < 0 || listen(listener, 1) != 0;
		failed += connect(client, (struct sockaddr *)&address, sizeof(address)) == 0 ||
			  errno != ECONNREFUSED;
		without += !has_keepalive(listener) + !has_keepalive(client);
		close(listener);
		close(client);
	}
	printf("%ld failed, %ld of %ld without keepalive\n", failed, without, 2 * made);
}

/* COUNT: closes a listener and binds its port again at once. */
static void ports(char **arguments)
{
	int in_use = 0;

	for (int i = number(arguments[0]); i > 0; i--) {
		struct sockaddr_in address = { .sin_family = AF_INET };
		socklen_t length = sizeof(address);
		int first = tcp_socket(), second = tcp_socket();

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		bind(second, (struct sockaddr *)&address, length);
		getsockname(second, (struct sockaddr *)&address, &length);
		close(second);
		in_use += bind(first, (struct sockaddr *)&address, length) != 0;
		close(first);
	}
	printf("%d in use\n", in_use);
}

static atomic_long without, refused, failed;

static void *make_until_full(void *count)
{
	for (int i = 0; i < *(int *)count; i++) {
		int fd = tcp_socket();

		if (fd < 0 && errno == EMFILE)
			refused++;
		else if (fd < 0)
			failed++;
		else if (!has_keepalive(fd))
			without++;
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* THREADS COUNT: makes sockets with hardly any free descriptor. */
static void full(char **arguments)
{
	int threads = number(arguments[0]), count = number(arguments[1]), last = 0;
	struct rlimit limit = { 8, 8 };
	pthread_t thread[64];

	setrlimit(RLIMIT_NOFILE, &limit);
	while (last >= 0) /* leaves one free */
		last = dup(STDIN_FILENO);
	close(7);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, make_until_full, &count);
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	printf("%ld without keepalive, %ld failed, refused: %s\n", without, failed,
	       refused ? "some" : "none");
}

static void *make_some(void *count)
{
	for (int i = 0; i < *(int *)count; i++) {
		int fd = tcp_socket();

		failed += fd < 0;
		without += !has_keepalive(fd);
		close(fd);
	}
	return NULL;
}

/* THREADS COUNT FILE: one thread after the other; then waits for the file. */
static void many(char **arguments)
{
	int count = number(arguments[1]);

	for (int i = number(arguments[0]); i > 0; i--) {
		pthread_t thread;

		pthread_create(&thread, NULL, make_some, &count);
		pthread_join(thread, NULL);
	}
	printf("%ld without keepalive, %ld failed\n", without, failed);
	fflush(stdout);
	while (access(arguments[2], F_OK) != 0)
		usleep(10000);
}

static bool is_loopback_up(int fd)
{
	struct ifreq request = { .ifr_name = "lo" };

	return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP;
}

/*
 * Whether a new socket of this thread belongs to the right namespace and user, and has keepalive if the thread is in its
 * supervisor's namespace and cgroup.
 */
static bool is_right(bool at_home, bool in_cgroup, uid_t user)
{
	struct stat status;
	int fd = tcp_socket();
	bool right = fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == user &&
		     is_loopback_up(fd) == at_home && has_keepalive(fd) == (at_home && in_cgroup);

	close(fd);
	return right;
}

static int wrong;

/* Files of network namespaces, and of cgroups what a thread writes to to enter them; -1: there is no other cgroup. */
static struct {
	int network, cgroup;
} home, away;

static void go_to(int network)
{
	if (setns(network, CLONE_NEWNET) != 0)
		err(1, "setns");
}

static void enter(int cgroup)
{
	if (cgroup >= 0 && write(cgroup, "0", 1) != 1)
		err(1, "cgroup.threads");
}

/* Each tenth time into a namespace of its own, which takes long. */
static void *wander(void *round)
{
	wrong += !is_right(true, true, 0);
	if (*(int *)round % 10)
		go_to(away.network);
	else if (syscall(SYS_unshare, CLONE_NEWNET) != 0)
		err(77, "unshare");
	wrong += !is_right(false, true, 0);
	setfsuid(65534);
	wrong += !is_right(false, true, 65534);
	setfsuid(0);
	go_to(home.network);
	wrong += !is_right(true, true, 0);
	enter(away.cgroup);
	wrong += !is_right(true, away.cgroup < 0, 0);
	setfsuid(65534);
	wrong += !is_right(true, away.cgroup < 0, 65534);
	setfsuid(0);
	enter(home.cgroup);
	setfsuid(65534);
	wrong += !is_right(true, true, 65534);
	return NULL;
}

static void *move_away(void *unused)
{
	(void)unused;
	if (syscall(SYS_unshare, CLONE_NEWNET) != 0)
		err(77, "unshare");
	away.network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return NULL;
}

/*
 * ROUNDS HOME AWAY: threads that change their namespace, user or cgroup between two sockets. HOME and AWAY are the files
 * cgroup.threads of their cgroup and of another; if there is none, AWAY is empty.
 */
static void wanderers(char **arguments)
{
	pthread_t thread;

	home.network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	home.cgroup = open(arguments[1], O_WRONLY | O_CLOEXEC);
	away.cgroup = open(arguments[2], O_WRONLY | O_CLOEXEC);
	pthread_create(&thread, NULL, move_away, NULL);
	pthread_join(thread, NULL);
	for (int i = number(arguments[0]); i > 0; i--) {
		pthread_create(&thread, NULL, wander, &i);
		pthread_join(thread, NULL);
		wrong += !is_right(true, true, 0);
	}
	printf("%d wrong\n", wrong);
}

static void set_next_number(pid_t next)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "w");

	if (!file || fprintf(file, "%d", (int)next - 1) < 0 || fclose(file) != 0)
		err(77, "ns_last_pid");
}

/* Makes a socket in a process with the wanted pid. Returns whether it got that pid and the socket was right. */
static bool try_number(pid_t wanted, bool at_home)
{
	int status;
	pid_t child;

	set_next_number(wanted);
	child = fork();
	if (child == 0) {
		if (!at_home && unshare(CLONE_NEWNET) != 0)
			_exit(2);
		_exit(getpid() != wanted || !is_right(at_home, true, 0));
	}
	waitpid(child, &status, 0);
	return status == 0;
}

/* ROUNDS: processes with the same pid, first in one namespace and then in another. */
static void same_number(char **arguments)
{
	pid_t wanted = getpid() + 100;
	int bad = 0;

	for (int i = number(arguments[0]); i > 0; i--)
		bad += !try_number(wanted, i % 2);
	printf("%d wrong\n", bad);
}

static void *execute_elsewhere(void *program)
{
	char what[] = "here", *arguments[] = { program, what, NULL };

	if (syscall(SYS_unshare, CLONE_NEWNET) != 0)
		err(77, "unshare");
	execv(program, arguments);
	err(1, "exec");
}

/* PROGRAM: a thread in another namespace executes it, and so gets the id of the first thread. */
static void executor(char **arguments)
{
	pthread_t thread;

	printf("before: %s\n", is_right(true, true, 0) ? "right" : "wrong");
	fflush(stdout);
	pthread_create(&thread, NULL, execute_elsewhere, arguments[0]);
	for (;;)
		close(tcp_socket());
}

static void here(char **arguments)
{
	(void)arguments;
	printf("after: %s\n", is_right(false, true, 0) ? "right" : "wrong");
}

/* Sets supplementary groups of its own; its sockets must have keepalive all the same. */
static void groups(char **arguments)
{
	gid_t own[] = { 4, 24 };
	int fd;

	(void)arguments;
	close(tcp_socket());
	if (setgroups(2, own) != 0)
		err(77, "setgroups");
	fd = tcp_socket();
	printf("keepalive: %d\n", has_keepalive(fd));
}

/* Installs sandboxes of its own: strict mode, which is refused, then a filter that refuses socket(). */
static void confined(char **arguments)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	(void)arguments;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		printf("strict: %s\n", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		err(1, "seccomp");
	printf("socket: %s\n", tcp_socket() < 0 ? strerror(errno) : "made");
}

static void *listen_alone(void *unused)
{
	(void)unused;
	if (unshare(CLONE_FILES) != 0)
		err(77, "unshare");
	close(0);
	close(3); /* closes it only in this thread's own table */
	if (tcp_socket() < 0 || listen(0, 1) != 0)
		err(1, "listen");
	printf("idle=%d\n", value(0, IPPROTO_TCP, TCP_KEEPIDLE));
	return NULL;
}

/* A thread with its own table of descriptors. */
static void own_table(char **arguments)
{
	pthread_t thread;

	(void)arguments;
	pthread_create(&thread, NULL, listen_alone, NULL);
	pthread_join(thread, NULL);
}

/* PORT PORT: one socket connects to the first, which refuses, then to the second. */
static void two_peers(char **arguments)
{
	int fd = tcp_socket();

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in address = { .sin_family = AF_INET };

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address.sin_port = htons((uint16_t)number(arguments[i]));
		(void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
		printf("idle=%d\n", value(fd, IPPROTO_TCP, TCP_KEEPIDLE));
	}
}

/* What the other threads of siblings() do at the moment. */
static struct {
	atomic_bool burn, make;
	atomic_int making;
} others;

__attribute__((noreturn)) static void *starve(void *unused)
{
	struct sched_param none = { 0 };

	(void)unused;
	sched_setscheduler(0, SCHED_IDLE, &none);
	for (;;) {
		while (!others.make)
			usleep(1000);
		others.making++;
		while (others.make)
			close(tcp_socket());
		others.making--;
	}
}

__attribute__((noreturn)) static void *burn(void *unused)
{
	(void)unused;
	for (;;) {
		while (!others.burn)
			usleep(1000);
		while (others.burn)
			;
	}
}

/* How long a socket() takes on average, in microseconds, during a fifth of a second. */
static double mean_time(void)
{
	double end = now() + 0.2, sum = 0;
	int count = 0;

	for (; now() < end; count++) {
		double began = now();
		int fd = tcp_socket();

		sum += now() - began;
		close(fd);
	}
	return sum / count * 1e6;
}

/* Lets this many other threads make sockets, and measures. */
static double time_beside(int count)
{
	double time;

	others.make = count;
	while (others.making != count)
		usleep(1000);
	others.burn = true;
	time = mean_time();
	others.burn = false;
	return time;
}

static void run_on(int processor)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(processor, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

/*
 * THREADS ROUNDS: how many times as long socket() takes while so many other threads of the process make sockets and
 * hardly get a processor; the least of so many rounds, the one that other programs disturbed least.
 */
static void siblings(char **arguments)
{
	int threads = number(arguments[0]), rounds = number(arguments[1]);
	double least = 0;
	pthread_t thread;

	run_on(0);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread, NULL, starve, NULL);
	for (int i = 0; i < 2; i++)
		pthread_create(&thread, NULL, burn, NULL);
	run_on(1);
	for (int i = 0; i < rounds; i++) {
		double alone = time_beside(0), beside = time_beside(threads);

		fprintf(stderr, "%.0f us, %.0f us beside the others\n", alone, beside);
		if (i == 0 || beside / alone < least)
			least = beside / alone;
	}
	printf("%.2f\n", least);
}

static int lingers;
static atomic_bool closing;

static void *close_soon(void *microseconds)
{
	double end = now() + *(int *)microseconds / 1e6;

	closing = true;
	while (now() < end)
		;
	close(lingers);
	return NULL;
}

/* A socket with unread data is closed while the supervisor handles its listen(). */
__attribute__((noreturn)) static void linger_once(const struct sockaddr_in *address,
						  int microseconds)
{
	static const char data[1 << 16];
	struct linger linger = { .l_onoff = 1, .l_linger = 20 };
	pthread_t thread;

	lingers = tcp_socket();
	if (connect(lingers, (const struct sockaddr *)address, sizeof(*address)) != 0)
		_exit(1);
	fcntl(lingers, F_SETFL, O_NONBLOCK);
	while (write(lingers, data, sizeof(data)) > 0)
		;
	fcntl(lingers, F_SETFL, 0);
	setsockopt(lingers, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	pthread_create(&thread, NULL, close_soon, &microseconds);
	while (!closing)
		;
	listen(lingers, 1);
	pthread_join(thread, NULL);
	_exit(0);
}

/* How long a socket() takes at most while another process closes sockets that linger. */
static void lingering(char **arguments)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = tcp_socket();
	double longest = 0;

	(void)arguments;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(listener, (struct sockaddr *)&address, length);
	listen(listener, 128);
	getsockname(listener, (struct sockaddr *)&address, &length);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();
		double began;

		if (child == 0)
			linger_once(&address, 20 + (i * 7) % 400);
		usleep(20000);
		began = now();
		close(tcp_socket());
		if (now() - began > longest)
			longest = now() - began;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	printf("%.0f ms\n", longest * 1000);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*call)(char **arguments);
		int arguments;
	} all[] = {
		{ "numbers", numbers, 1 },     { "ports", ports, 1 },
		{ "full", full, 2 },           { "wanderers", wanderers, 3 },
		{ "executor", executor, 1 },   { "here", here, 0 },
		{ "confined", confined, 0 },   { "groups", groups, 0 },
		{ "own_table", own_table, 0 }, { "two_peers", two_peers, 2 },
		{ "siblings", siblings, 2 },   { "same_number", same_number, 1 },
		{ "lingering", lingering, 0 }, { "many", many, 3 },
		{ "served", served, 1 },       { "numbers_until", numbers_until, 1 },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(argv[1], all[i].name) == 0 && argc == 2 + all[i].arguments) {
			all[i].call(argv + 2);
			return 0;
		}
	}
	errx(2, "trusting WHAT [ARG...]");
}
