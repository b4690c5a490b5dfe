/*
 * set_options: what `keepalive attach` does with one socket of another process, and the line that
 * reports it.
 */
#ifndef KEEPALIVE_SET_OPTIONS_H
#define KEEPALIVE_SET_OPTIONS_H

#include "sockets/connection.h"

enum outcome {
	OUTCOME_CHANGED, /* or would be, in a dry run */
	OUTCOME_ALIKE,   /* it has the right options already */
	OUTCOME_LEFT,    /* by role, rule or mode */
	OUTCOME_GONE,    /* the process has closed it meanwhile */
	OUTCOME_FAILED,  /* the kernel refused an option; others may be set */
};

/* What else is done with a copy of the descriptor, before and after options are set. NULL: nothing. */
struct also {
	void (*before)(void *context, int copy);
	void (*after)(void *context, int copy);
	void *context;
};

/*
 * Gives the socket the options that the settings have for it, as decide() decides. kernel: the
 * values of a new socket in its network namespace. *given is as for standing_of(), and becomes the
 * number of the profile that it has now, except in a dry run, which sets nothing. Appends the line
 * (log_line.h), without a newline, to text.
 */
enum outcome set_options(const struct settings *settings, const struct connection *connection,
			 const struct values *kernel, unsigned *given, bool dry_run,
			 const struct also *also, struct text *text);

#endif
