/*
 * array: memory that grows by doubling. Without memory the command ends.
 */
#ifndef KEEPALIVE_ARRAY_H
#define KEEPALIVE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more element of size bytes behind the count in use; *room is how many fit.
 * Returns the array, which may have moved.
 */
void *array_room(void *array, size_t count, size_t *room, size_t size);

/* calloc(3), or the end. */
void *array_zeroed(size_t count, size_t size);

#endif
