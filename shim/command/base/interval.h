/*
 * interval: the interval of --watch and --follow.
 */
#ifndef KEEPALIVE_INTERVAL_H
#define KEEPALIVE_INTERVAL_H

#include <stdbool.h>

/*
 * Parses the value of an option: decimal seconds, as for coreutils' sleep(1). NULL leaves
 * *milliseconds unchanged. Returns false after a message.
 */
bool interval_take(int *milliseconds, const char *option, const char *value);

#endif
