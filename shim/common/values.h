/*
 * values: one setting's value from text to the kernel's number, for variables and rules alike.
 */
#ifndef KEEPALIVE_VALUES_H
#define KEEPALIVE_VALUES_H

#include "settings.h"

/* Stands for "idle + interval x count" until the whole profile is known. */
enum { USER_TIMEOUT_AUTO = -1 };

/*
 * A value of OPTION_IDLE .. OPTION_RTO_MAX. Puts the kernel's number into *value: 0 for "kernel" or
 * "off", USER_TIMEOUT_AUTO for "auto". Returns NULL, or says what is wrong and leaves *value alone.
 * Ranges: include/net/tcp.h MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT; tcp(7).
 */
const char *value_parse(enum sockopt option, struct slice text, int32_t *value);

/* What value_parse() takes for this option, for messages. */
const char *value_accepted(enum sockopt option);

/* "respect" or "force"; false if neither. */
bool mode_parse(struct slice text, bool *force);
#define MODE_ACCEPTED "respect or force"

/* "client", "server", "both"; 0 if none of them. */
unsigned role_parse(struct slice text);

/*
 * Replaces USER_TIMEOUT_AUTO. Returns NULL, or what is wrong (the user timeout is off then).
 */
const char *profile_resolve(struct profile *profile);

/*
 * What is unwise about a resolved profile: calls warn(context, option, text) for each.
 */
void profile_warnings(const struct profile *profile,
		      void warn(void *context, enum sockopt option, const char *text),
		      void *context);

#endif
