/*
 * complaint: something wrong with a setting, as variables.h reports it.
 */
#ifndef KEEPALIVE_COMPLAINT_H
#define KEEPALIVE_COMPLAINT_H

#include <stdbool.h>

#include "settings_table.h"
#include "text.h"

#define HOST_FILE "/etc/keepalive-shim.conf"

struct complaint {
	bool warning;           /* the value holds all the same */
	bool host_file;         /* it is in the host's file, or about that: host_file.h */
	unsigned line;          /* of the host's file, 0 for all of it */
	enum variable variable; /* VARIABLES: a line that is none */
	unsigned rule;          /* the rule's number, 0 outside rules */
	struct slice value;     /* the offending value or word */
	const char *problem;    /* what is wrong, or for a warning what follows from it */
	const char *accepted;   /* what would be right; NULL for a warning */
	const char *instead;    /* what holds instead; NULL for a warning */
};

typedef void complain_function(void *context, const struct complaint *complaint);

/*
 * The complaint as the end of a message: "/etc/keepalive-shim.conf line 3: KEEPALIVE_SHIM_IDLE
 * '5x': not a duration; accepted: ...; using 60s". name replaces the variable's name if it is not
 * NULL (the command's options); with_instead false leaves out what holds instead (the command stops
 * there).
 */
void text_complaint(struct text *text, const struct complaint *complaint, const char *name,
		    bool with_instead);

#endif
