/*
 * profile: the values that one socket gets.
 */
#ifndef KEEPALIVE_PROFILE_H
#define KEEPALIVE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "settings_table.h"
#include "text.h"

/* A value of 0 leaves the option as the kernel made it. */
struct profile {
	int32_t value[OPTIONS];
	bool force; /* ours win over what the program sets */
};

/* Whether both give a socket the same values and the same mode. */
bool profile_is_same(const struct profile *a, const struct profile *b);

/*
 * Replaces USER_TIMEOUT_AUTO by its value. Returns NULL, or what is wrong (the user timeout is then
 * off).
 */
const char *profile_resolve(struct profile *profile);

/*
 * Calls warn(context, option, text) for each value of a resolved profile that is unwise.
 */
void profile_warnings(const struct profile *profile,
		      void warn(void *context, enum sockopt option, const char *text),
		      void *context);

/* A value that getsockopt(2) does not return. */
enum { VALUE_UNKNOWN = -1 };

/* An option's value with its unit: "60s", "6", "1500ms", "off", "on", "-" for VALUE_UNKNOWN. */
void text_value(struct text *text, enum sockopt option, int32_t value);

/* The profile's values: "idle=60s interval=10s count=6"; "off" if keepalive stays off. */
void text_profile(struct text *text, const struct profile *profile);

#endif
