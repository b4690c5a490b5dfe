/*
 * drop_in: writes a drop-in for a unit, atomically.
 */
#ifndef KEEPALIVE_DROP_IN_H
#define KEEPALIVE_DROP_IN_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Environment="NAME=VALUE" as systemd reads it back: quotes, backslashes and percent signs escaped.
 */
void drop_in_environment(FILE *out, const char *name, const char *value);

/* How each file begins that `keepalive enable` writes. */
#define DROP_IN_MARK "# Written by 'keepalive enable'"

/* Whether it may be replaced or removed: it begins so, or is not there. */
bool drop_in_is_ours(const char *path);

/*
 * Writes text to path, replacing what is there; makes its directory if needed. Returns 0 or an
 * errno.
 */
int drop_in_write(const char *path, const char *text);

/* The text of the file, to be freed; NULL if it cannot be read. */
char *drop_in_read(const char *path);

/* Removes the file, and its directory if that is then empty. Returns 0 or an errno. */
int drop_in_remove(const char *path);

#endif
