/* notes: what the programs set on sockets that may still get another profile. */
#include "supervise/notes.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57 /* <asm-generic/socket.h>, Linux 4.12 */
#endif

/* A note: what the program set, the profile, whether there is a note, and the end of the cookie. */
enum { OWNED = OPTIONS_ALL, GIVEN = 1 << 6, GIVENS = 128, USED = GIVEN * GIVENS, TAG = USED * 2 };
enum { PLACES = 4096, TAGS = 1 << 18 };

_Static_assert(OPTIONS <= 6 && PROFILE_RULE + RULES_MAX <= 128,
	       "32 bits, which every processor changes at once");

static atomic_uint *notes; /* NULL: no memory, so nothing is noted */

struct place {
	atomic_uint *note;
	unsigned tag; /* of a note on this socket */
};

void notes_prepare(void)
{
	void *memory = mmap(NULL, PLACES * sizeof(*notes), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	notes = memory == MAP_FAILED ? NULL : memory;
}

/* Cookies are numbers in sequence. The note is NULL if there can be none. */
static struct place place_of(int fd)
{
	uint64_t cookie;
	socklen_t length = sizeof(cookie);

	if (!notes || getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0)
		return (struct place){ NULL, 0 };
	return (struct place){ &notes[cookie % PLACES],
			       (unsigned)(cookie / PLACES % TAGS) * TAG + USED };
}

static bool is_at(const struct place *place, unsigned note)
{
	return note - note % USED == place->tag;
}

void notes_add(int fd, unsigned given, unsigned options)
{
	struct place place = place_of(fd);
	unsigned before, after;

	if (!place.note)
		return;
	before = *place.note;
	do
		after = is_at(&place, before) ? before | options
					      : place.tag + given * GIVEN + options;
	while (!atomic_compare_exchange_weak(place.note, &before, after));
}

struct standing notes_of(int fd, unsigned given)
{
	struct place place = place_of(fd);
	unsigned note = place.note ? *place.note : 0;

	if (!place.note || !is_at(&place, note))
		return (struct standing){ .given = given };
	return (struct standing){ .given = note / GIVEN % GIVENS, .owned = note & OWNED };
}

void notes_change(int fd, const struct standing *standing)
{
	struct place place = place_of(fd);
	unsigned given = standing->held ? PROFILE_NONE : standing->given;

	if (place.note && is_at(&place, *place.note))
		*place.note = place.tag + given * GIVEN + standing->owned;
}
