/*
 * assignments: NAME=value lines, parsed as systemd parses EnvironmentFile= (systemd.exec(5)):
 *
 * - blank lines, and lines that begin with # or ;, are ignored;
 * - blanks around the name and around the value are ignored;
 * - a backslash at the end of a line joins the next line to it; any other backslash is removed, and
 *   the character behind it is literal;
 * - a value may begin with parts in '' or "", which may continue over lines; in '' everything is
 *   literal, in "" a backslash joins lines and escapes \ " ` $.
 *
 * docker-run(1)'s --env-file parses lines without quotes and backslashes in the same way.
 */
#ifndef KEEPALIVE_ASSIGNMENTS_H
#define KEEPALIVE_ASSIGNMENTS_H

#include <stdbool.h>

#include "text.h"

/* The text that is still to be read. Parsing modifies it, *end included. */
struct assignments {
	char *next, *end;
	unsigned line; /* of next; from 1 */
};

struct assignment {
	struct slice name;   /* the whole line if it has no "=" */
	const char *value;   /* terminated; points into the text */
	unsigned line;       /* the line on which it begins */
	const char *problem; /* NULL, or what is wrong with the line */
};

/* The next line that is not blank or a comment; false at the end. */
bool assignment_next(struct assignments *from, struct assignment *found);

#endif
