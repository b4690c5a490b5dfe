/* lookalikes: finds variables that look as if they were meant for the library. */
#include "base/lookalikes.h"

#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "base/nearest.h"
#include "variables.h"

#define PREFIX "KEEPALIVE_SHIM"

/* Names of other libraries, and old names that have several meanings. */
static const struct {
	const char *name;
	enum variable variable; /* our variable with the same effect */
	bool shared;            /* it may be set for the program itself */
} others[] = {
	{ "KEEPALIVE", VARIABLE_KEEPALIVE, true },
	{ "KEEPALIVE_INTERVAL", VARIABLE_INTERVAL, true },
	{ "KEEPIDLE", VARIABLE_IDLE, false }, /* libkeepalive */
	{ "KEEPINTVL", VARIABLE_INTERVAL, false },
	{ "KEEPCNT", VARIABLE_COUNT, false },
	{ "DD_USE_KEEPALIVE", VARIABLE_KEEPALIVE, false }, /* libdontdie */
	{ "DD_TCP_KEEPALIVE_TIME", VARIABLE_IDLE, false },
	{ "DD_TCP_KEEPALIVE_INTVL", VARIABLE_INTERVAL, false },
	{ "DD_TCP_KEEPALIVE_PROBES", VARIABLE_COUNT, false },
	{ "TCP_KEEPIDLE", VARIABLE_IDLE, false }, /* msantos/libkeepalive */
	{ "TCP_KEEPINTVL", VARIABLE_INTERVAL, false },
	{ "TCP_KEEPCNT", VARIABLE_COUNT, false },
	{ "TCP_USER_TIMEOUT", VARIABLE_USER_TIMEOUT, true },
};

static bool is_ours(const char *name)
{
	for (unsigned i = 0; i < VARIABLES; i++) {
		if (strcmp(name, variable_name(i)) == 0)
			return true;
	}
	return strcmp(name, SAID_VARIABLE) == 0;
}

/* KEEPALIVE_IDLE for KEEPALIVE_SHIM_IDLE: the names without SHIM, as they once were. */
static const char *renamed(const char *name)
{
	static const char old[] = "KEEPALIVE_", now[] = PREFIX "_";

	for (unsigned i = 0; i < VARIABLES; i++) {
		const char *variable = variable_name(i);

		if (strncmp(variable, now, strlen(now)) == 0 &&
		    strncmp(name, old, strlen(old)) == 0 &&
		    strcmp(name + strlen(old), variable + strlen(now)) == 0)
			return variable;
	}
	return NULL;
}

const char *variable_meant(const char *name)
{
	struct nearest nearest = { .word = NULL };
	/* The common prefix is not compared. */
	size_t skip = strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? strlen(PREFIX) : 0;

	for (unsigned i = 0; i < VARIABLES; i++)
		nearest_consider(&nearest, name + skip, variable_name(i) + skip);
	return nearest.word ? nearest.word - skip : NULL;
}

static void warn_of_unknown(const char *name)
{
	const char *near = variable_meant(name);

	if (near)
		warning("%s is not read: no such setting; did you mean %s?", name, near);
	else
		warning("%s is not read: no such setting (keepalive-shim(7) lists them)", name);
}

static void warn_of_name(const char *name, bool shared)
{
	const char *variable;

	if (is_ours(name))
		return;
	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0) {
		warn_of_unknown(name);
		return;
	}
	variable = renamed(name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(name, others[i].name) == 0)
			variable = others[i].shared && !shared ? NULL
							       : variable_name(others[i].variable);
	}
	if (variable)
		warning("%s is not read; the variable for that is %s", name, variable);
}

void lookalike_warn(const char *entry, bool shared)
{
	char name[64];
	size_t length = strcspn(entry, "=");

	if (length >= sizeof(name) || !strchr("KDT", *entry))
		return;
	memcpy(name, entry, length);
	name[length] = '\0';
	warn_of_name(name, shared);
}

void lookalikes_warn(char *const *environment, bool shared)
{
	for (; environment && *environment; environment++)
		lookalike_warn(*environment, shared);
}
