/*
 * still: definitions that return at once, to stand behind a preload's hooks in place of the C library's:
 * what is left to be timed is the preload itself.
 */
#include <sys/socket.h>

enum { SOME_SOCKET = 500, SOME_CONNECTION = 600 };

int still_socket(int domain, int type, int protocol) __asm__("socket");
int still_connect(int fd, const struct sockaddr *address, socklen_t length) __asm__("connect");
int still_accept4(int fd, struct sockaddr *address, socklen_t *length,
		  int flags) __asm__("accept4");
int still_listen(int fd, int backlog) __asm__("listen");
int still_setsockopt(int fd, int level, int name, const void *value,
		     socklen_t length) __asm__("setsockopt");

int still_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	return SOME_SOCKET;
}

int still_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	(void)fd;
	(void)address;
	(void)length;
	return 0;
}

int still_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	(void)fd;
	(void)address;
	(void)length;
	(void)flags;
	return SOME_CONNECTION;
}

int still_listen(int fd, int backlog)
{
	(void)fd;
	(void)backlog;
	return 0;
}

int still_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	(void)fd;
	(void)level;
	(void)name;
	(void)value;
	(void)length;
	return 0;
}
