/*
 * title: the name that a supervisor shows in ps(1), by which `check` finds the one that serves a
 * process.
 */
#ifndef KEEPALIVE_TITLE_H
#define KEEPALIVE_TITLE_H

#include <stddef.h>

/* The beginning of the name; the number of the process that it serves follows. */
#define SUPERVISING "keepalive supervising "

/* Our command line and the environment behind it, which the supervisor overwrites with its name. */
struct title {
	char *start;
	size_t size;
};

#endif
