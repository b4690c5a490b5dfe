/*
 * status_json: connections as JSON, for programs.
 */
#ifndef KEEPALIVE_STATUS_JSON_H
#define KEEPALIVE_STATUS_JSON_H

#include "sockets/connection.h"

/*
 * Prints an array of objects, with the keys that `keepalive status --help` lists; null for what is
 * not known or does not exist.
 */
void status_json(const struct connections *connections);

#endif
