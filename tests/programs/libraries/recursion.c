/*
 * recursion: a library whose getauxval(), which the shim calls in its set-up, makes a connection, as an allocator or a
 * tracing library may do in its own set-up.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each of the calls that the shim has a hook for. */
static int talk(int server, int first, int second)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int one = 1, accepted;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(server, (struct sockaddr *)&address, length) != 0 || listen(server, 2) != 0 ||
	    getsockname(server, (struct sockaddr *)&address, &length) != 0 ||
	    connect(first, (struct sockaddr *)&address, length) != 0 ||
	    connect(second, (struct sockaddr *)&address, length) != 0)
		return -1;
	accepted = accept(server, NULL, NULL);
	close(accepted);
	if (accepted < 0)
		return -1;
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	close(accepted);
	return accepted;
}

unsigned long getauxval(unsigned long type)
{
	static int depth;
	int fds[3];

	if (++depth > 8) {
		dprintf(STDOUT_FILENO, "endless recursion\n");
		_exit(1);
	}
	for (int i = 0; i < 3; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
	if (talk(fds[0], fds[1], fds[2]) < 0)
		dprintf(STDOUT_FILENO, "no connection during set-up\n");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	depth--;
	return type == AT_SECURE ? 0 : 1;
}
