/* sockets: the table of descriptors, and the ports of listeners. */
#include "sockets.h"

struct memory memory;

static uint16_t ports[PLACES];

uint16_t sockets_port(int fd)
{
	return __atomic_load_n(&ports[(unsigned)fd % PLACES], __ATOMIC_RELAXED);
}

void sockets_put_port(int fd, uint16_t port)
{
	__atomic_store_n(&ports[(unsigned)fd % PLACES], port, __ATOMIC_RELAXED);
}
