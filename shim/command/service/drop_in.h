/*
 * drop_in: a file of settings for a unit, written in one go.
 */
#ifndef KEEPALIVE_DROP_IN_H
#define KEEPALIVE_DROP_IN_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Environment="NAME=VALUE" as systemd reads it back: quotes, backslashes and percent signs escaped.
 */
void drop_in_environment(FILE *out, const char *name, const char *value);

/* Puts text at path, with the folder for it, in place of what is there. Returns 0 or an errno. */
int drop_in_write(const char *path, const char *text);

/* Removes it, and the folder if it is empty then. Returns 0 or an errno. */
int drop_in_remove(const char *path);

#endif
