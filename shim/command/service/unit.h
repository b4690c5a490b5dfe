/*
 * unit: a service of systemd as its files say (systemd.unit(5)): without asking systemd, so that it
 * works in an image and in a container too.
 */
#ifndef KEEPALIVE_UNIT_H
#define KEEPALIVE_UNIT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct service {
	const char *root;        /* the files are below it; "" for this system */
	char name[NAME_MAX + 1]; /* "nginx.service" */
	char **starts;           /* the commands of ExecStart= that hold, as they are written */
	size_t count, room;
	char preload[PATH_MAX]; /* what Environment= has for LD_PRELOAD; may be empty */
	char user[64];          /* User=; empty for root */
};

/* Begins with the name, ".service" added if need be. Returns false after a message. */
bool unit_name(struct service *unit, const char *root, const char *name);

/* Reads the unit and its drop-ins, but not the one at `except`. Returns false after a message. */
bool unit_read(struct service *unit, const char *except);

/* Where the drop-in of that name is or would be: DIRECTORY/NAME.d/FILE below /etc. */
void unit_drop_in(const struct service *unit, const char *file, char path[PATH_MAX]);

/* A command of ExecStart=. What are slices is as it is written, quotes and all. */
struct unit_command {
	char prefixes[8];       /* of "-", "+", "!", ":", "|" */
	char program[PATH_MAX]; /* without quotes */
	struct slice first;     /* the same */
	struct slice name;      /* what argv[0] is to be, after the prefix "@"; else empty */
	const char *rest;       /* its arguments */
};
void unit_command_read(const char *start, struct unit_command *command);

/* The words of what follows a program, each for free(3), a NULL behind them; room for so many. */
void unit_command_words(const char *at, char **words, size_t room);

#endif
