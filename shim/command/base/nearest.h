/*
 * nearest: the word that was most likely meant.
 */
#ifndef KEEPALIVE_NEAREST_H
#define KEEPALIVE_NEAREST_H

#include <stdbool.h>

struct nearest {
	const char *word; /* the best so far; NULL: none is similar enough */
	unsigned distance;
};

/* Considers another candidate for the word that was written; *nearest is zero at first. */
void nearest_consider(struct nearest *nearest, const char *written, const char *candidate);

#endif
