/*
 * sources: the texts of the settings that apply to a program, and the source of each.
 */
#ifndef KEEPALIVE_SOURCES_H
#define KEEPALIVE_SOURCES_H

#include <sys/types.h>

#include "host_file.h"
#include "settings.h"

enum { SAYING_SIZE = 16 };

struct sources {
	struct texts texts;
	const char *option[VARIABLES]; /* the option that set it; NULL for none */
	bool refused[VARIABLES];       /* the text was refused, and the default is used */
	unsigned own_rules;  /* how many come from --rule, if those of the host's file follow */
	unsigned rules_line; /* of the host's file, then; otherwise 0 */
};

/* Adds the settings of the host's file, as this process sees it, that are not set yet. */
void sources_add_host_file(struct sources *sources);

/* The same as the process sees it. */
void sources_add_host_file_of(struct sources *sources, pid_t pid);

/*
 * Reads the settings. Reports errors under the name that the user wrote (--idle or
 * KEEPALIVE_SHIM_IDLE), and warns of unwise values. An error in the host's file is only a warning,
 * and the default is used. Returns false for any other error.
 */
bool sources_read(struct sources *sources, const struct program *program, struct settings *settings,
		  bool warnings);

/*
 * Whether somebody has warned of these settings before: a `keepalive run` above, or the `keepalive
 * enable` of the service.
 */
bool sources_said(const struct sources *sources);

/* If there were warnings, returns true and the value of SAID_VARIABLE for these settings. */
bool sources_saying(const struct sources *sources, char value[SAYING_SIZE]);

/* Reports that KEEPALIVE_SHIM is off, and where it is, so that nothing is done. */
void sources_say_off(const struct sources *sources);

/* Its source: "option", "variable", "file", "default". */
const char *sources_kind(const struct sources *sources, enum variable variable);

/*
 * The same in the user's words: "--idle", "KEEPALIVE_SHIM_IDLE", "/etc/keepalive-shim.conf line 3",
 * "default".
 */
void text_source(struct text *text, const struct sources *sources, enum variable variable);

#endif
