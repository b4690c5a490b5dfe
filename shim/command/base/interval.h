/*
 * interval: how often --watch and --follow look again.
 */
#ifndef KEEPALIVE_INTERVAL_H
#define KEEPALIVE_INTERVAL_H

#include <stdbool.h>

#define INTERVAL_ACCEPTED "0.1 to 86400 seconds"

/* Decimal seconds, as sleep(1) of coreutils takes them. Leaves *milliseconds alone when false. */
bool interval_parse(const char *text, int *milliseconds);

#endif
