/* array: see array.h. */
#include "base/array.h"

#include <stdlib.h>

#include "base/message.h"

static void *held(void *memory)
{
	if (!memory) {
		message("out of memory");
		exit(EXIT_OURS);
	}
	return memory;
}

void *array_room(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 64;
	return held(reallocarray(array, *room, size));
}

void *array_zeroed(size_t count, size_t size)
{
	return held(calloc(count, size));
}
