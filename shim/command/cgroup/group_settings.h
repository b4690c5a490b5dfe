/*
 * group_settings: the settings for a control group, which cannot have all that those of a program
 * can.
 */
#ifndef KEEPALIVE_GROUP_SETTINGS_H
#define KEEPALIVE_GROUP_SETTINGS_H

#include <stdbool.h>

#include "base/settings_options.h"

/* From options, variables and the host's file. Returns false, after a message, if they do not work. */
bool group_settings_read(const struct settings_options *options, struct settings *settings);

#endif
