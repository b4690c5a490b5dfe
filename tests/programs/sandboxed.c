/*
 * sandboxed: a server that gives up system calls once it listens, as sandboxed daemons do. A filter kills it for reading
 * or setting a socket option, and for other calls that a shim might make in accept(). Prints how many clients it served.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONNECTIONS = 4 };

#define KILL_FOR(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static int give_up(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILL_FOR(setsockopt),
		KILL_FOR(getsockopt),
		KILL_FOR(getsockname),
		KILL_FOR(getpeername),
		KILL_FOR(socket),
		KILL_FOR(openat),
		KILL_FOR(getpid),
		KILL_FOR(gettid),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
	struct sockaddr_in loopback = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = (struct sockaddr *)&loopback;
	socklen_t length = sizeof(loopback);
	int server = socket(AF_INET, SOCK_STREAM, 0), clients[CONNECTIONS], served = 0;

	bind(server, address, length);
	listen(server, CONNECTIONS);
	getsockname(server, address, &length);
	for (int i = 0; i < CONNECTIONS; i++)
		clients[i] = socket(AF_INET, SOCK_STREAM, 0);
	puts("listening");
	fflush(stdout);
	if (give_up() != 0)
		return 2;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct sockaddr_in peer;
		socklen_t room = sizeof(peer);
		int accepted;
		char byte;

		connect(clients[i], address, sizeof(loopback));
		if (i % 2)
			accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
		else
			accepted = accept(server, (struct sockaddr *)&peer, &room);
		if (write(clients[i], "x", 1) == 1 && read(accepted, &byte, 1) == 1)
			served++;
		close(accepted);
		close(clients[i]);
	}
	printf("served %d\n", served);
	return 0;
}
