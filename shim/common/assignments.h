/*
 * assignments: NAME=value lines out of a text, as systemd reads EnvironmentFile= (systemd.exec(5)):
 *
 * - blank lines, and lines that begin with # or ;, are nothing;
 * - blanks around the name and around the value do not count;
 * - a backslash at the end of a line joins the next one to it, any other is left out and what follows
 *   it is plain;
 * - a value may begin with parts in '' or "", which may go on over lines; in '' all is plain, in "" a
 *   backslash does as at the end of a line, and quotes \ " ` $.
 *
 * What uses neither quotes nor backslashes docker-run(1)'s --env-file reads alike.
 */
#ifndef KEEPALIVE_ASSIGNMENTS_H
#define KEEPALIVE_ASSIGNMENTS_H

#include <stdbool.h>

#include "text.h"

/* The text still to be read. It is written over, and *end too: that is the reader's. */
struct assignments {
	char *next, *end;
	unsigned line; /* of next; from 1 */
};

struct assignment {
	struct slice name;   /* for a line without "=" all of it */
	const char *value;   /* terminated; points into the text */
	unsigned line;       /* where it begins */
	const char *problem; /* NULL, or what is wrong with the line */
};

/* The next line that holds something; false at the end. */
bool assignment_next(struct assignments *from, struct assignment *found);

#endif
