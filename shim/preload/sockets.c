/* sockets: see sockets.h. */
#include "sockets.h"

enum { PLACES = 65536 };

static struct known entries[PLACES];
static uint16_t ports[PLACES];

_Static_assert(sizeof(struct known) == sizeof(uint32_t), "one word");
_Static_assert(OWNED_ALL == 0x3f, "six bits for what is owned");

struct known sockets_get(int fd)
{
	unsigned number = (unsigned)fd;
	struct known known = { .state = STATE_UNKNOWN };

	if (fd < 0)
		return known;
	__atomic_load(&entries[number % PLACES], &known, __ATOMIC_RELAXED);
	if (known.turn != number / PLACES)
		known = (struct known){ .state = STATE_UNKNOWN };
	return known;
}

void sockets_put(int fd, struct known known)
{
	unsigned number = (unsigned)fd;

	if (fd < 0)
		return;
	known.turn = (uint16_t)(number / PLACES);
	__atomic_store(&entries[number % PLACES], &known, __ATOMIC_RELAXED);
}

uint16_t sockets_port(int fd)
{
	return __atomic_load_n(&ports[(unsigned)fd % PLACES], __ATOMIC_RELAXED);
}

void sockets_put_port(int fd, uint16_t port)
{
	__atomic_store_n(&ports[(unsigned)fd % PLACES], port, __ATOMIC_RELAXED);
}
