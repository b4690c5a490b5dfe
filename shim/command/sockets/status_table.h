/*
 * status_table: connections in columns, for people.
 */
#ifndef KEEPALIVE_STATUS_TABLE_H
#define KEEPALIVE_STATUS_TABLE_H

#include "sockets/connection.h"

/* A line of headings and a line for each connection, on standard output. */
void status_table(const struct connections *connections);

#endif
