/*
 * variables: turns the text of the environment variables into settings.
 *
 * No allocation, no libc, no global state: text comes in, complaints go out through a callback.
 */
#ifndef KEEPALIVE_VARIABLES_H
#define KEEPALIVE_VARIABLES_H

#include "complaint.h"
#include "rules.h"
#include "settings.h"

/* The text of each variable, NULL or empty if it is not set, and where it comes from. */
struct texts {
	const char *text[VARIABLES];
	unsigned line[VARIABLES]; /* of the host's file (host_file.h); 0: not from there */
	const char
		*host[VARIABLES]; /* the text in the host's file, even if something overrides it */
};

/*
 * Set by `keepalive run`, and for a service by `keepalive enable`, if it has warned:
 * texts_digest() of the settings that it warned about, in decimal. Programs below it with the same
 * settings do not repeat the warnings.
 */
#define SAID_VARIABLE "KEEPALIVE_SHIM_SAID"

/* A number that represents the texts; the same for an empty text and for one that is not set. */
uint32_t texts_digest(const struct texts *texts);

/*
 * Fills *settings from the texts. A bad value is complained of, and the default is used. A bad rule
 * is complained of and skipped as a whole; the other rules apply. With KEEPALIVE_SHIM=off nothing
 * else is read. complain may be NULL.
 */
void settings_read(struct settings *settings, const struct texts *texts,
		   const struct program *program, complain_function *complain, void *context);

#endif
