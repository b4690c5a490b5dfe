/* array: grows arrays, and ends the command if memory is short. */
#include "base/array.h"

#include <stdlib.h>

#include "base/message.h"

static void *or_exit(void *memory)
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
	return or_exit(reallocarray(array, *room, size));
}

void *array_zeroed(size_t count, size_t size)
{
	return or_exit(calloc(count, size));
}

void *array_resized(void *array, size_t bytes)
{
	return or_exit(realloc(array, bytes));
}
