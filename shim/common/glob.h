/*
 * glob: shell patterns, for rules by program.
 */
#ifndef KEEPALIVE_GLOB_H
#define KEEPALIVE_GLOB_H

#include <stdbool.h>

#include "text.h"

/*
 * Whether the whole text is as the pattern says, glob(7): * ? [set] [!set], and \\ before any of
 * them.
 */
bool glob_matches(struct slice pattern, struct slice text);

#endif
