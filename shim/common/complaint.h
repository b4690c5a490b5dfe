/*
 * complaint: an error in a setting, as variables.h reports it.
 */
#ifndef KEEPALIVE_COMPLAINT_H
#define KEEPALIVE_COMPLAINT_H

#include <stdbool.h>

#include "settings_table.h"
#include "text.h"

#define HOST_FILE "/etc/keepalive-shim.conf"

struct complaint {
	bool warning;   /* the value is used nevertheless */
	bool host_file; /* it is in the host's file, or about the file itself: host_file.h */
	unsigned line;  /* of the host's file; 0: the whole file */
	enum variable variable; /* VARIABLES: a line that sets no variable */
	unsigned rule;          /* the rule's number, 0 outside rules */
	struct slice value;     /* the offending value or word */
	const char *problem;    /* what is wrong; for a warning, the consequence */
	const char *accepted;   /* what is accepted; NULL for a warning */
	const char *instead;    /* what is used instead; NULL for a warning */
};

typedef void complain_function(void *context, const struct complaint *complaint);

/*
 * The complaint as the end of a message: "/etc/keepalive-shim.conf line 3: KEEPALIVE_SHIM_IDLE
 * '5x': not a duration; accepted: ...; using 60s". If name is not NULL it replaces the variable's
 * name (for the command's options). Without with_instead, what is used instead is left out (the
 * command stops there).
 */
void text_complaint(struct text *text, const struct complaint *complaint, const char *name,
		    bool with_instead);

#endif
