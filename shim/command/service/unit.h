/*
 * unit: a systemd service, read from its files (systemd.unit(5)) without asking systemd, so that
 * this works in an image and in a container too.
 */
#ifndef KEEPALIVE_UNIT_H
#define KEEPALIVE_UNIT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct service {
	const char *root;        /* the root directory of its files; "" for this system */
	char name[NAME_MAX + 1]; /* "nginx.service" */
	char **starts;           /* the commands of ExecStart= that are in effect, as written */
	size_t count, room;
	char preload[PATH_MAX]; /* LD_PRELOAD in Environment=; may be empty */
	char user[64];          /* User=; empty for root */
};

/* Sets the name, with ".service" added if needed. Returns false after a message. */
bool unit_name(struct service *unit, const char *root, const char *name);

/* Reads the unit and its drop-ins, but not the one at `except`. Returns false after a message. */
bool unit_read(struct service *unit, const char *except);

/* The path of the drop-in with this name: DIRECTORY/NAME.d/FILE below /etc. */
void unit_drop_in(const struct service *unit, const char *file, char path[PATH_MAX]);

/* A command of ExecStart=. Slices are as written, with their quotes. */
struct unit_command {
	char prefixes[8];       /* of "-", "+", "!", ":", "|" */
	char program[PATH_MAX]; /* without quotes */
	struct slice first;     /* the same */
	struct slice name;      /* argv[0], if the prefix "@" sets it; otherwise empty */
	const char *rest;       /* its arguments */
};
void unit_command_read(const char *start, struct unit_command *command);

/* The words of what follows a program, each for free(3), a NULL behind them; room for so many. */
void unit_command_words(const char *at, char **words, size_t room);

#endif
