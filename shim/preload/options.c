/* options: gets and sets one socket option. */
#include "options.h"

#include "libc.h"
#include "memory.h"
#include "sockopt_names.h"

unsigned option_bit(int level, int name)
{
	if (level != IPPROTO_TCP && level != SOL_SOCKET)
		return 0;
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (sockopt_names[i].level == level && sockopt_names[i].name == name)
			return 1U << i;
	}
	return 0;
}

struct endpoint endpoint_of_peer(int fd)
{
	struct endpoint peer = endpoint_asked(libc->getpeername, fd);
	struct sockaddr_in6 address = { .sin6_family = AF_UNSPEC };
	socklen_t length = sizeof(struct sockaddr_in);

	if (peer.address.family)
		return peer;
	/* More than its length is refused, and less is given: net/core/sock.c */
	if (libc->getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length) == 0 &&
	    address.sin6_family == AF_INET6) {
		length = sizeof(address);
		libc->getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &address, &length);
	}
	return endpoint_of((struct sockaddr *)&address, length);
}

int option_get(int fd, enum sockopt option, int *value)
{
	socklen_t length = sizeof(*value);

	return libc->getsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, value,
				&length) == 0
		       ? 0
		       : errno;
}

/*
 * Asked of a socket made for the purpose and closed at once, once in the life of the process: only rules
 * that give an option back come here, so that it is kept out of the path of those that set one.
 */
__attribute__((noinline)) const struct values *options_of_kernel(void)
{
	static const struct values unknown = { { -1, -1, -1, -1, -1, -1 } };
	static struct values values;
	static bool ready;
	struct values found;
	int fd;

	if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
		return &values;
	fd = next_definitions()->socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return &unknown;
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (option_get(fd, i, &found.value[i]) != 0)
			found.value[i] = VALUE_UNKNOWN;
	}
	libc->syscall(SYS_close, fd);
	/* Each thread that comes here at the same time writes the same. */
	values = found;
	__atomic_store_n(&ready, true, __ATOMIC_RELEASE);
	return &values;
}

int option_set(int fd, enum sockopt option, int value)
{
	if (value == 0 && option != OPTION_KEEPALIVE && option != OPTION_USER_TIMEOUT)
		value = options_of_kernel()->value[option];
	return next_definitions()->setsockopt(fd, sockopt_names[option].level,
					      sockopt_names[option].name, &value,
					      sizeof(value)) == 0
		       ? 0
		       : errno;
}
