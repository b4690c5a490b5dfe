/*
 * rules: parses KEEPALIVE_SHIM_RULES into settings->rule[].
 */
#ifndef KEEPALIVE_RULES_H
#define KEEPALIVE_RULES_H

#include "complaint.h"
#include "settings.h"

/* The names that program= is compared with; NULL if not known. */
struct program {
	const char *executable; /* base name of the executable */
	const char *comm;       /* /proc/self/comm: at most 15 characters, proc(5) */
};

/*
 * Reads the rules into settings->rule[], each completed with the values of base (whose user timeout
 * may still be USER_TIMEOUT_AUTO). Rules for other programs are checked and left out; with program
 * NULL, none is. A bad rule is complained of once and skipped, and so is every rule after the first
 * RULES_MAX.
 */
void rules_read(struct settings *settings, const struct profile *base, struct slice text,
		const struct program *program, complain_function *complain, void *context);

#endif
