/*
 * own_calls: the command's own socket(2) and setsockopt(2).
 *
 * The library may be loaded into the command itself (/etc/ld.so.preload, LD_PRELOAD), with other
 * settings than the ones it is told to apply; so may any other preload. What a program defines
 * itself goes before all of them, and these two lead straight to the kernel.
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
