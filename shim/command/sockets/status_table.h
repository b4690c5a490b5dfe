/*
 * status_table: connections in columns, for people to read.
 */
#ifndef KEEPALIVE_STATUS_TABLE_H
#define KEEPALIVE_STATUS_TABLE_H

#include <stdio.h>

#include "sockets/connection.h"

struct layout {
	unsigned width; /* long names and addresses are cut, with a '+', so that lines fit */
	size_t rows;    /* at most this many connections; a last line counts the rest */
	bool wide;      /* all columns, as wide as they are */
	bool colour;
};

/* Prints a line of headings and a line for each connection. */
void status_table(FILE *out, const struct connections *connections, const struct layout *layout);

#endif
