/*
 * status_json: connections as JSON, for programs.
 */
#ifndef KEEPALIVE_STATUS_JSON_H
#define KEEPALIVE_STATUS_JSON_H

#include "sockets/connection.h"

/*
 * An array of objects on standard output, with the keys that `keepalive status --help` lists. What
 * is not known, or not there, is null.
 */
void status_json(const struct connections *connections);

#endif
