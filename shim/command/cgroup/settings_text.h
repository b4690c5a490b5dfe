/*
 * settings_text: converts settings to lines of NAME=value, as in environment variables, and back.
 * These are stored in the kernel with the programs that were made from them.
 */
#ifndef KEEPALIVE_SETTINGS_TEXT_H
#define KEEPALIVE_SETTINGS_TEXT_H

#include <stddef.h>

#include "settings.h"

/* Returns memory for free(3); *size includes the terminating zero. */
char *settings_to_text(const struct settings *settings, size_t *size);

/* Modifies the text. */
void settings_from_text(struct settings *settings, char *text);

/* A rule as it is written in KEEPALIVE_SHIM_RULES, with all its values; for free(3). */
char *rule_to_text(const struct rule *rule);

/* "idle=60s interval=10s count=6", and " role=client", " mode=force" if they are so. */
void text_settings(struct text *text, const struct settings *settings);

#endif
