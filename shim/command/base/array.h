/*
 * array: memory that grows by doubling. If there is no memory, the command ends.
 */
#ifndef KEEPALIVE_ARRAY_H
#define KEEPALIVE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more element of size bytes behind the count that is in use; *room is the
 * number that fits. Returns the array, which may have moved.
 */
void *array_room(void *array, size_t count, size_t *room, size_t size);

/* realloc(3) to this many bytes, at least one; ends the command if it fails. */
void *array_resized(void *array, size_t bytes);

/* calloc(3); ends the command if it fails. */
void *array_zeroed(size_t count, size_t size);

#endif
