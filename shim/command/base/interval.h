/*
 * interval: how often --watch and --follow look again.
 */
#ifndef KEEPALIVE_INTERVAL_H
#define KEEPALIVE_INTERVAL_H

#include <stdbool.h>

/*
 * Takes the value of an option: decimal seconds, as sleep(1) of coreutils has them; NULL leaves
 * *milliseconds as it is. Returns false after a message.
 */
bool interval_take(int *milliseconds, const char *option, const char *value);

#endif
