/*
 * armed: makes TCP sockets and prints their keepalive options, one socket on each line.
 *
 * armed [WORD...]: does what each word says; without words the same as socket.
 *   socket       makes and prints a socket
 *   closed0      the same, after closing descriptor 0, which is then the socket's
 *   udp          makes a UDP socket, which causes a line in the log
 *   clearenv     removes the environment
 *   dlopen=PATH  loads a library
 *   closeall     closes every descriptor, as daemons do; ends with status 0 if the next socket has keepalive
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	getsockopt(fd, level, name, &value, &length);
	return value;
}

static void show(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	printf("fd=%d keepalive=%d idle=%d interval=%d count=%d\n", fd,
	       option(fd, SOL_SOCKET, SO_KEEPALIVE), option(fd, IPPROTO_TCP, TCP_KEEPIDLE),
	       option(fd, IPPROTO_TCP, TCP_KEEPINTVL), option(fd, IPPROTO_TCP, TCP_KEEPCNT));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "socket") == 0) {
			show();
		} else if (strcmp(argv[i], "closed0") == 0) {
			close(STDIN_FILENO);
			show();
		} else if (strcmp(argv[i], "udp") == 0) {
			close(socket(AF_INET, SOCK_DGRAM, 0));
		} else if (strcmp(argv[i], "clearenv") == 0) {
			clearenv();
		} else if (strcmp(argv[i], "closeall") == 0) {
			fflush(stdout);
			syscall(SYS_close_range, 0, ~0U, 0); // musl has no function for it
			return option(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_KEEPALIVE) !=
			       1;
		} else if (strncmp(argv[i], "dlopen=", 7) == 0) {
			if (!dlopen(argv[i] + 7, RTLD_NOW | RTLD_GLOBAL))
				fprintf(stderr, "%s\n", dlerror());
		} else {
			return 2;
		}
	}
	if (argc == 1)
		show();
	return 0;
}
