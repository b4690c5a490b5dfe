/*
 * values: parses the value of a setting, for variables and rules.
 */
#ifndef KEEPALIVE_VALUES_H
#define KEEPALIVE_VALUES_H

#include "settings_table.h"
#include "text.h"

/*
 * Parses the value of a numeric option. Sets *value to the kernel's number: 0 for "kernel" or
 * "off", USER_TIMEOUT_AUTO for "auto". Returns NULL, or what is wrong, and then does not change
 * *value.
 */
const char *value_parse(enum sockopt option, struct slice text, int32_t *value);

/* The index of this word among the setting's words; -1 if it is none of them. */
int word_parse(enum variable variable, struct slice text);

/* "client", "server", "both"; 0 if none of them. */
unsigned role_parse(struct slice text);

#endif
