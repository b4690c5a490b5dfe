/* arm: see arm.h. */
#include "sockets/arm.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "process/pidfd.h"
#include "sockets/sockopts.h"

/* The number of the profile for the socket, as the preload would choose it. */
static unsigned match(const struct settings *settings, const struct connection *connection)
{
	const struct address *peer = connection->peer.port ? &connection->peer.address : NULL;
	unsigned port =
		connection->role == ROLE_SERVER ? connection->local.port : connection->peer.port;

	return settings_match(settings, connection->role, peer, port);
}

/* What is to be done: another profile than the one that the socket was given before. */
struct change {
	const struct profile *was; /* all zero: none */
	const struct profile *wanted;
};

/* A value of 0 is the kernel's business; one that is not what it was given is the program's. */
static bool differs(const struct connection *connection, const struct change *change,
		    enum sockopt option)
{
	int32_t now = connection->value[option], was = change->was->value[option];
	int32_t wanted = change->wanted->value[option];

	return wanted && now != wanted && (change->wanted->force || !was || now == was);
}

static bool alike(const struct connection *connection, const struct profile *profile)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i] && connection->value[i] != profile->value[i])
			return false;
	}
	return true;
}

/*
 * What it was given: if not by itself, perhaps through a listener that we armed, whose values it then
 * has exactly; a rule for this peer may refine them.
 */
static const struct profile *given_before(const struct settings *settings,
					  const struct connection *connection, unsigned given)
{
	unsigned listener = settings_match(settings, ROLE_SERVER, NULL, connection->local.port);

	if (!given && connection->role == ROLE_SERVER &&
	    alike(connection, settings_profile(settings, listener)))
		given = listener;
	return settings_profile(settings, given);
}

/* "fd 5 client 10.0.0.1:40000 -> 10.0.0.2:80:" */
static void text_subject(struct text *text, const struct connection *connection)
{
	text_string(text, "fd ");
	text_number(text, (unsigned long)connection->fds->fd);
	text_char(text, ' ');
	if (connection->state == TCP_CLOSE) {
		text_string(text, "not connected:");
		return;
	}
	text_string(text, connection_role(connection));
	text_char(text, ' ');
	text_endpoint(text, &connection->local.address, connection->local.port);
	if (connection->peer.port) {
		text_string(text, " -> ");
		text_endpoint(text, &connection->peer.address, connection->peer.port);
	}
	text_char(text, ':');
}

/* " idle=60s" */
static void text_option(struct text *text, enum sockopt option, int32_t value)
{
	text_char(text, ' ');
	text_string(text, sockopt_name(option));
	text_char(text, '=');
	text_value(text, option, value);
}

/* " idle=15s interval=15s count=9", as found. */
static void text_found(struct text *text, const struct connection *connection)
{
	for (unsigned i = OPTION_IDLE; i <= OPTION_COUNT; i++)
		text_option(text, i, connection->value[i]);
}

/* Why no options are wanted on the socket: its profile switches keepalive on nowhere. */
static void text_unwanted(struct text *text, const struct settings *settings, unsigned number)
{
	if (number == PROFILE_NONE) {
		text_string(text, " not the role asked for");
	} else {
		text_string(text, " rule ");
		text_number(text, settings->rule[number - PROFILE_RULE].number);
		text_string(text, " says off");
	}
}

/* Sets one option, unless copy is -1 for a dry run. Notes a failure behind the values. */
static bool set(int copy, enum sockopt option, int32_t value, struct text *text,
		struct text *failures)
{
	int error = copy < 0 ? 0 : sockopt_set(copy, option, value);

	if (!error) {
		text_option(text, option, value);
		return true;
	}
	text_string(failures, "; ");
	text_string(failures, sockopt_name(option));
	text_string(failures, " not set: ");
	text_string(failures, strerror(error));
	return false;
}

/* In the order of enum sockopt: SO_KEEPALIVE last. */
static enum outcome set_all(const struct connection *connection, const struct change *change,
			    int copy, struct text *text)
{
	enum outcome outcome = OUTCOME_CHANGED;
	char buffer[256];
	struct text failures = TEXT(buffer);

	if (copy < 0)
		text_string(text, " would set");
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (differs(connection, change, i) &&
		    !set(copy, i, change->wanted->value[i], text, &failures))
			outcome = OUTCOME_FAILED;
	}
	if (connection->value[OPTION_KEEPALIVE] == 1) {
		text_string(text, " (was");
		text_found(text, connection);
		text_char(text, ')');
	}
	for (const char *at = failures.start; at < failures.next; at++)
		text_char(text, *at);
	return outcome;
}

/* Armed by us before its role or its peer was known, and now it turns out not to be wanted. */
static enum outcome disarm(int copy, struct text *text)
{
	struct text failures = *text;

	if (set(copy, OPTION_KEEPALIVE, 0, text, &failures))
		return OUTCOME_CHANGED;
	*text = failures;
	return OUTCOME_FAILED;
}

/* Takes a copy of the descriptor and sets what is to be set. */
static enum outcome carry_out(const struct connection *connection, const struct change *change,
			      bool dry_run, struct text *text)
{
	enum outcome outcome;
	int copy = -1;

	if (!dry_run) {
		copy = pidfd_copy(connection->holder->pidfd, connection->fds);
		if (copy < 0)
			return OUTCOME_GONE;
	}
	if (change->wanted->value[OPTION_KEEPALIVE])
		outcome = set_all(connection, change, copy, text);
	else
		outcome = disarm(copy, text);
	if (copy >= 0)
		close(copy);
	return outcome;
}

static bool is_anything_to_set(const struct connection *connection, const struct change *change)
{
	bool is_any = false;

	for (unsigned i = 0; i < OPTIONS; i++)
		is_any = is_any || differs(connection, change, i);
	return is_any;
}

/* Whether the socket is to be touched at all; says why not. */
static enum outcome decide(const struct settings *settings, const struct connection *connection,
			   const struct change *change, unsigned number, struct text *text)
{
	bool is_on = connection->value[OPTION_KEEPALIVE] == 1;
	bool is_ours = change->was->value[OPTION_KEEPALIVE];

	if (!change->wanted->value[OPTION_KEEPALIVE]) {
		if (is_on && is_ours)
			return OUTCOME_CHANGED;
		text_string(text, " left alone:");
		text_unwanted(text, settings, number);
		return OUTCOME_LEFT;
	}
	if (is_on && !is_ours && !change->wanted->force && !alike(connection, change->wanted)) {
		text_string(text, " left alone: keepalive is already on with");
		text_found(text, connection);
		text_string(text, "; mode force would set it");
		return OUTCOME_LEFT;
	}
	if (is_anything_to_set(connection, change))
		return OUTCOME_CHANGED;
	text_string(text, " already");
	text_found(text, connection);
	return OUTCOME_ALIKE;
}

enum outcome arm(const struct settings *settings, const struct connection *connection,
		 unsigned *given, bool dry_run, struct text *text)
{
	unsigned number = match(settings, connection);
	struct change change = { given_before(settings, connection, *given),
				 settings_profile(settings, number) };
	enum outcome outcome;

	text_subject(text, connection);
	outcome = decide(settings, connection, &change, number, text);
	if (outcome != OUTCOME_CHANGED)
		return outcome;
	outcome = carry_out(connection, &change, dry_run, text);
	if (outcome != OUTCOME_GONE && !dry_run)
		*given = number;
	return outcome;
}
