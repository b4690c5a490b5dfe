/*
 * own_calls: the command's own socket(2) and setsockopt(2).
 *
 * The library may be loaded into the command itself (/etc/ld.so.preload, LD_PRELOAD) with settings
 * other than those that it applies, and so may any other preload. A program's own definitions come
 * before all of these, and these two call the kernel directly.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int socket(int domain, int type, int protocol)
{
	return (int)syscall(SYS_socket, domain, type, protocol);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): glibc names them __optval */
int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}
