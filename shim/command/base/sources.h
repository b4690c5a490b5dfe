/*
 * sources: the texts of the settings that hold for a program, and where each comes from.
 */
#ifndef KEEPALIVE_SOURCES_H
#define KEEPALIVE_SOURCES_H

#include <sys/types.h>

#include "host_file.h"
#include "settings.h"

struct sources {
	struct texts texts;
	const char
		*option[VARIABLES]; /* the name of the option that it was given by; NULL for none */
	bool refused[VARIABLES];    /* the text does not hold, the default does */
};

/* Adds what the host's file says, as this process sees it, for what is not set yet. */
void sources_add_host_file(struct sources *sources);

/* The same as the process sees it. */
void sources_add_host_file_of(struct sources *sources, pid_t pid);

/*
 * Reads the settings. Reports what is wrong under the name the user wrote (--idle or
 * KEEPALIVE_SHIM_IDLE), and with warnings what is unwise. What is wrong in the host's file is never
 * more than a warning: the default holds. Returns false if another value does not hold.
 */
bool sources_read(struct sources *sources, const struct program *program, struct settings *settings,
		  bool warnings);

/* How it comes about: "option", "variable", "file", "default". */
const char *sources_kind(const struct sources *sources, enum variable variable);

/*
 * The same in the user's words: "--idle", "KEEPALIVE_SHIM_IDLE", "/etc/keepalive-shim.conf line 3",
 * "default".
 */
void text_source(struct text *text, const struct sources *sources, enum variable variable);

#endif
