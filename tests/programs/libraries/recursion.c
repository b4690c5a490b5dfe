/*
 * recursion: a library whose getauxval(), which the shim calls while it sets up, makes a socket. That
 * is what an allocator or a tracing library does that is itself being set up.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned long getauxval(unsigned long type)
{
	static int depth;
	int fd = -1;

	if (++depth > 8) {
		dprintf(STDOUT_FILENO, "endless recursion\n");
		_exit(1);
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		dprintf(STDOUT_FILENO, "no socket during set-up\n");
	close(fd);
	depth--;
	return type == AT_SECURE ? 0 : 1;
}
