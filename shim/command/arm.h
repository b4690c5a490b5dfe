/*
 * arm: what `keepalive attach` does with one socket of another process, and the line that says so.
 */
#ifndef KEEPALIVE_ARM_H
#define KEEPALIVE_ARM_H

#include "connection.h"

enum outcome {
	OUTCOME_CHANGED, /* or would be, in a dry run */
	OUTCOME_ALIKE,   /* it already is as it should be */
	OUTCOME_LEFT,    /* by role, rule or mode */
	OUTCOME_GONE,    /* the process has closed it meanwhile */
	OUTCOME_FAILED,  /* the kernel refused an option; others may be set */
};

/*
 * Sets the options that the settings have for this socket and that differ. ours: keepalive was
 * switched on by us before, so `respect` does not protect it. Adds the line, without its end, to text.
 */
enum outcome arm(const struct settings *settings, const struct connection *connection, bool ours,
		 bool dry_run, struct text *text);

#endif
