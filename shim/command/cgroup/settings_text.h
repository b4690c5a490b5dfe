/*
 * settings_text: settings as lines of NAME=value, as environment variables have them, and back:
 * what is kept in the kernel with the programs that were made from them.
 */
#ifndef KEEPALIVE_SETTINGS_TEXT_H
#define KEEPALIVE_SETTINGS_TEXT_H

#include <stddef.h>

#include "settings.h"

/* Into memory for free(3); *size counts the zero at its end. */
char *settings_to_text(const struct settings *settings, size_t *size);

/* Changes the text. */
void settings_from_text(struct settings *settings, char *text);

/* One rule as it is written in KEEPALIVE_SHIM_RULES, its values all there; for free(3). */
char *rule_to_text(const struct rule *rule);

/* "idle=60s interval=10s count=6", and " role=client", " mode=force" if they are so. */
void text_settings(struct text *text, const struct settings *settings);

#endif
