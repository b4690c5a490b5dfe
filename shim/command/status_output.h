/*
 * status_output: connections on standard output, for people and for programs.
 */
#ifndef KEEPALIVE_STATUS_OUTPUT_H
#define KEEPALIVE_STATUS_OUTPUT_H

#include "connection.h"

/* A line of headings and a line for each connection, in columns. */
void status_table(const struct connections *connections);

/* An array of objects; the keys are in keepalive(1). What is not known or not there is null. */
void status_json(const struct connections *connections);

#endif
