/* sockets: see sockets.h. */
#include "sockets.h"

enum { PLACES = 65536 };

/*
 * One word, so that it is read and written whole: state (3 bits), profile (7), owned (6), and which of
 * the numbers that share the place it is about (fd / PLACES fits the 16 bits left).
 */
static uint32_t entries[PLACES];
static uint16_t ports[PLACES];

_Static_assert(OWNED_ALL == 0x3f, "six bits for what is owned");

struct known sockets_get(int fd)
{
	unsigned number = (unsigned)fd, place = number % PLACES;
	uint32_t entry;

	if (fd < 0)
		return (struct known){ .state = STATE_UNKNOWN };
	entry = __atomic_load_n(&entries[place], __ATOMIC_RELAXED);
	if (entry >> 16 != number / PLACES)
		return (struct known){ .state = STATE_UNKNOWN };
	return (struct known){
		.state = entry & 7,
		.profile = entry >> 3 & 127,
		.owned = entry >> 10 & OWNED_ALL,
		.port = __atomic_load_n(&ports[place], __ATOMIC_RELAXED),
	};
}

void sockets_put(int fd, struct known known)
{
	unsigned number = (unsigned)fd, place = number % PLACES;

	if (fd < 0)
		return;
	__atomic_store_n(&entries[place],
			 number / PLACES << 16 | (uint32_t)known.owned << 10 |
				 (uint32_t)known.profile << 3 | known.state,
			 __ATOMIC_RELAXED);
	if (known.port || __atomic_load_n(&ports[place], __ATOMIC_RELAXED))
		__atomic_store_n(&ports[place], known.port, __ATOMIC_RELAXED);
}
