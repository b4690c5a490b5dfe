/*
 * printable: strings from elsewhere (names of processes and files), for the terminal and JSON.
 */
#ifndef KEEPALIVE_PRINTABLE_H
#define KEEPALIVE_PRINTABLE_H

#include "text.h"

/*
 * The string as UTF-8 that shows all it has: '?' replaces each byte that is not UTF-8 and each
 * character that controls the terminal, the direction of the text, or is invisible.
 */
void text_printable(struct text *text, const char *string);

/*
 * Adds a name to a string that is a list of names, separated by commas; if it is there, or does not
 * fit, the list stays.
 */
void name_list_add(char *list, size_t size, const char *name);

/*
 * Returns the end of the character at `at` in UTF-8 text that ends at `end`, and how many columns of
 * a terminal it takes: 2 for East Asian characters and emoji, 0 for combining ones.
 */
const char *printable_next(const char *at, const char *end, unsigned *columns);

/* How many columns the text takes. */
unsigned printable_columns(const char *at, const char *end);

#endif
