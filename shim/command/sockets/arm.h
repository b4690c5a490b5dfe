/*
 * arm: what `keepalive attach` does with one socket of another process, and the line that says so.
 */
#ifndef KEEPALIVE_ARM_H
#define KEEPALIVE_ARM_H

#include "sockets/connection.h"

enum outcome {
	OUTCOME_CHANGED, /* or would be, in a dry run */
	OUTCOME_ALIKE,   /* it already is as it should be */
	OUTCOME_LEFT,    /* by role, rule or mode */
	OUTCOME_GONE,    /* the process has closed it meanwhile */
	OUTCOME_FAILED,  /* the kernel refused an option; others may be set */
};

/*
 * Sets the options that the settings have for this socket and that differ. *given is the number of the
 * profile (settings_match()) that it was given before, 0 for none: options that no longer have that
 * value are the program's own, and stay unless the mode is force. A socket that has keepalive on but not
 * from us is left alone likewise. Puts into *given what it has now; not in a dry run. Adds the line,
 * without its end, to text.
 */
enum outcome arm(const struct settings *settings, const struct connection *connection,
		 unsigned *given, bool dry_run, struct text *text);

#endif
