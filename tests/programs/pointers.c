/*
 * pointers: calls with addresses that are not mapped, or no longer mapped.
 *
 *   pointers unmapped    connect() waits in one thread while another unmaps the address
 *   pointers faked N     a filter answers connect() with errno N (0: success) instead of the kernel
 *   pointers filter N    an outer filter answers the calls that install another one, which is not mapped (0), whose
 *                        code is not (1), or which jumps backwards for ever (2)
 *   pointers edge        accept() on a stack at the end of its mapping, with the length just past it
 *   pointers past N      connect() there, with the address just past it, and that answer of a filter
 *   pointers peers       connects to each name of this host, and prints the keepalive options of each connection
 *
 * Prints the result of each call; ends by SIGSEGV if unmapped memory is read.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static struct sockaddr_in6 listening;
static int listener, client;
static void *page;

static void show(const char *call, long result)
{
	printf("%s %ld %s\n", call, result, result < 0 ? strerror(errno) : "-");
	fflush(stdout);
}

/* Listens on every address of this host, IPv4 ones too. */
static void prepare(int backlog)
{
	socklen_t length = sizeof(listening);

	listener = socket(AF_INET6, SOCK_STREAM, 0);
	listening.sin6_family = AF_INET6;
	bind(listener, (struct sockaddr *)&listening, length);
	listen(listener, backlog);
	getsockname(listener, (struct sockaddr *)&listening, &length);
	listening.sin6_addr = in6addr_loopback;
}

static void *connect_to_page(void *unused)
{
	(void)unused;
	show("connect", connect(client, page, sizeof(listening)));
	return NULL;
}

static void unmapped(void)
{
	struct timeval limit = { .tv_sec = 1 };
	pthread_t thread;

	prepare(0);
	/* Fills the queue, so that the next client gets no answer. */
	connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr *)&listening, sizeof(listening));
	client = socket(AF_INET6, SOCK_STREAM, 0);
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(page, &listening, sizeof(listening));
	pthread_create(&thread, NULL, connect_to_page, NULL);
	usleep(300000);
	munmap(page, 4096);
	pthread_join(thread, NULL);
}

static void answer_connect(unsigned number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void faked(unsigned number)
{
	answer_connect(number);
	client = socket(AF_INET, SOCK_STREAM, 0);
	errno = 0;
	page = (void *)8; /* not mapped */
	connect_to_page(NULL);
}

static void filter_number(int number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_filter backwards[] = { BPF_STMT(BPF_JMP | BPF_JA, (unsigned)-1) };
	struct sock_fprog program = { 7, filter }, without_code = { 7, (void *)8 };
	struct sock_fprog endless = { 1, backwards };
	void *programs[] = { (void *)8, &without_code, &endless };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	errno = 0;
	show("prctl", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, programs[number]));
	show("seccomp", (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, programs[number]));
}

static void accept_at_edge(void)
{
	static struct sockaddr_storage peer;

	errno = 0;
	show("accept", accept(listener, (struct sockaddr *)&peer, page));
}

static void connect_past_edge(void)
{
	errno = 0;
	connect_to_page(NULL);
}

/* Runs it on a stack that is followed by unmapped memory. */
static void at_edge(void (*function)(void))
{
	static ucontext_t here, there;
	char *stack = mmap(NULL, 65536 + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	page = stack + 65536;
	mprotect(page, 4096, PROT_NONE);
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = 65536;
	there.uc_link = &here;
	makecontext(&there, function, 0);
	swapcontext(&here, &there);
}

static void edge(void)
{
	prepare(1);
	connect(socket(AF_INET6, SOCK_STREAM, 0), (struct sockaddr *)&listening, sizeof(listening));
	at_edge(accept_at_edge);
}

static void past(unsigned number)
{
	client = socket(AF_INET6, SOCK_STREAM, 0);
	answer_connect(number);
	at_edge(connect_past_edge);
}

static void peer(const char *name, socklen_t length, bool on_heap)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = listening.sin6_port };
	struct sockaddr_in *to4 = (struct sockaddr_in *)&to;
	struct sockaddr *address = (struct sockaddr *)&to;
	socklen_t size = sizeof(int);
	int on = -1;

	if (inet_pton(AF_INET6, name, &to.sin6_addr) == 0) {
		memset(to4->sin_zero, 0, sizeof(to4->sin_zero));
		to.sin6_family = AF_INET;
		inet_pton(AF_INET, name, &to4->sin_addr);
	}
	if (on_heap)
		address = memcpy(malloc(sizeof(to)), &to, sizeof(to));
	client = socket(to.sin6_family, SOCK_STREAM, 0);
	if (connect(client, address, length) != 0)
		perror(name);
	getsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, &size);
	printf("%s %u %d\n", name, length, on);
}

static void peers(void)
{
	static const char *const names[] = { "127.0.0.1", "0.0.0.0",          "::1",
					     "::",        "::ffff:127.0.0.1", "::ffff:0.0.0.0" };

	prepare(64);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (int on_heap = 0; on_heap < 2; on_heap++) {
			bool ipv4 = i < 2;

			peer(names[i], ipv4 ? 16 : 28, on_heap);
			if (!ipv4)
				peer(names[i], 24, on_heap); /* SIN6_LEN_RFC2133 */
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "unmapped") == 0)
		unmapped();
	else if (argc == 3 && strcmp(argv[1], "faked") == 0)
		faked((unsigned)atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "past") == 0)
		past((unsigned)atoi(argv[2]));
	else if (argc == 2 && strcmp(argv[1], "edge") == 0)
		edge();
	else if (argc == 3 && strcmp(argv[1], "filter") == 0)
		filter_number(argv[2][0] - '0');
	else if (argc == 2 && strcmp(argv[1], "peers") == 0)
		peers();
	else
		return 2;
	return 0;
}
