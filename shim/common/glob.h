/*
 * glob: shell patterns, for rules by program.
 */
#ifndef KEEPALIVE_GLOB_H
#define KEEPALIVE_GLOB_H

#include <stdbool.h>

#include "text.h"

/*
 * Whether the pattern, as in glob(7), matches the whole text: * ? [set] [!set], and \ before any of
 * these.
 */
bool glob_matches(struct slice pattern, struct slice text);

#endif
