/*
 * values: one setting's value from text to a number, for variables and rules alike.
 */
#ifndef KEEPALIVE_VALUES_H
#define KEEPALIVE_VALUES_H

#include "settings_table.h"
#include "text.h"

/*
 * The value of an option that holds a number. Puts the kernel's number into *value: 0 for "kernel"
 * or "off", USER_TIMEOUT_AUTO for "auto". Returns NULL, or says what is wrong and leaves *value
 * alone.
 */
const char *value_parse(enum sockopt option, struct slice text, int32_t *value);

/* Which of the setting's words it is, from 0; -1 if none. */
int word_parse(enum variable variable, struct slice text);

/* "client", "server", "both"; 0 if none of them. */
unsigned role_parse(struct slice text);

#endif
