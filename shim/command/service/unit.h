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

struct strings {
	char **list;
	size_t count, room;
};

struct service {
	const char *root;           /* the root directory of its files; "" for this system */
	char name[NAME_MAX + 1];    /* "nginx.service" */
	struct strings starts;      /* the commands of ExecStart= that are in effect, as written */
	struct strings environment; /* "NAME=VALUE" of Environment=, with specifiers */
	struct strings files;       /* EnvironmentFile= */
	struct strings unset;       /* UnsetEnvironment= */
	struct strings filters;     /* SystemCallFilter= */
	char user[64];              /* User=; empty for root */
	bool dynamic_user;
	bool root_directory, root_image;
	bool protect_home, private_tmp; /* what it sees of these is its own */
	bool forking, pid_file;         /* Type=forking; PIDFile= */
};

/* Sets the name, with ".service" added if needed. Returns false after a message. */
bool unit_name(struct service *unit, const char *root, const char *name);

/*
 * Reads the unit and its drop-ins, but not its own that is named `file`; an alias becomes the name
 * of the unit. Returns false after a message.
 */
bool unit_read(struct service *unit, const char *file);

/* The value of a variable in Environment=, with specifiers; empty if it is not set. */
const char *unit_environment(const struct service *unit, const char *name);

/*
 * What in the unit overrides a variable that Environment= sets: the value of an EnvironmentFile=, or
 * "UnsetEnvironment="; NULL if nothing does.
 */
const char *unit_overrides(const struct service *unit, const char *name);

/* The path of the drop-in with this name: DIRECTORY/UNIT.d/FILE below /etc, of an alias its unit's. */
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
