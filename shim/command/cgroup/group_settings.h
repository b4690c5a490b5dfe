/*
 * group_settings: the settings for a control group, which cannot have all that those of a program
 * can.
 */
#ifndef KEEPALIVE_GROUP_SETTINGS_H
#define KEEPALIVE_GROUP_SETTINGS_H

#include <stdbool.h>

#include "base/sources.h"

/*
 * sources_read() for a group. Returns false, after a message, if they do not work, or are off,
 * whatever else is wrong with them.
 */
bool group_settings_read(struct sources *sources, struct settings *settings, bool warnings);

#endif
