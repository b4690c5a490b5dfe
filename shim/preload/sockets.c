/* sockets: see sockets.h. */
#include "sockets.h"

enum { PLACES = 65536 };

/* One word, so that it is read and written whole. */
struct entry {
	_Alignas(uint32_t) struct known known;
	uint16_t turn; /* which of the numbers that share the place it is about */
};

_Static_assert(sizeof(struct entry) == sizeof(uint32_t), "one word");
_Static_assert(OWNED_ALL == 0x3f, "six bits for what is owned");

static struct entry entries[PLACES];
static uint16_t ports[PLACES];

struct known sockets_get(int fd)
{
	unsigned number = (unsigned)fd;
	struct entry entry = { .turn = 0 };

	if (fd >= 0)
		__atomic_load(&entries[number % PLACES], &entry, __ATOMIC_RELAXED);
	return entry.turn == number / PLACES ? entry.known
					     : (struct known){ .state = STATE_UNKNOWN };
}

void sockets_put(int fd, struct known known)
{
	unsigned number = (unsigned)fd;
	struct entry entry = { .known = known, .turn = (uint16_t)(number / PLACES) };

	if (fd >= 0)
		__atomic_store(&entries[number % PLACES], &entry, __ATOMIC_RELAXED);
}

uint16_t sockets_port(int fd)
{
	return __atomic_load_n(&ports[(unsigned)fd % PLACES], __ATOMIC_RELAXED);
}

void sockets_put_port(int fd, uint16_t port)
{
	__atomic_store_n(&ports[(unsigned)fd % PLACES], port, __ATOMIC_RELAXED);
}
