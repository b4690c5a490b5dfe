/*
 * printable: strings from elsewhere (names of processes and files), for the terminal and JSON.
 */
#ifndef KEEPALIVE_PRINTABLE_H
#define KEEPALIVE_PRINTABLE_H

#include "text.h"

/* The string as UTF-8 without control characters: '?' in place of each byte that is neither. */
void text_printable(struct text *text, const char *string);

#endif
