/* set_options: sets the options of one socket of another process, and reports what was done. */
#include "sockets/set_options.h"

#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "log_line.h"
#include "process/pidfd.h"
#include "sockets/sockopts.h"

/* " (was idle=15s interval=15s count=9)" */
static void text_values(struct text *text, const char *word, const struct connection *connection)
{
	text_string(text, " (");
	text_string(text, word);
	for (unsigned i = OPTION_IDLE; i <= OPTION_COUNT; i++) {
		text_char(text, ' ');
		text_string(text, sockopt_name(i));
		text_char(text, '=');
		text_value(text, i, connection->now.value[i]);
	}
	text_char(text, ')');
}

/* In the order of enum sockopt: SO_KEEPALIVE last. What the kernel refuses is noted in failures. */
static enum outcome set_all(const struct decision *decision, int copy, struct text *failures)
{
	enum outcome outcome = OUTCOME_CHANGED;

	for (unsigned i = 0; i < OPTIONS; i++) {
		int error = decision->set & 1U << i
				    ? sockopt_set(copy, i, decision->setting.value[i])
				    : 0;

		if (!error)
			continue;
		outcome = OUTCOME_FAILED;
		text_string(failures, "; ");
		text_string(failures, sockopt_name(i));
		text_string(failures, " not set: ");
		text_string(failures, strerror(error));
	}
	return outcome;
}

/* Makes a copy of the descriptor and sets the options that must be set. */
static enum outcome carry_out(const struct connection *connection, const struct decision *decision,
			      const struct also *also, struct text *failures)
{
	int copy = pidfd_copy(connection->holder->pidfd, connection->fds);
	enum outcome outcome;

	if (copy < 0)
		return OUTCOME_GONE;
	if (also->before)
		also->before(also->context, copy);
	outcome = set_all(decision, copy, failures);
	if (also->after)
		also->after(also->context, copy);
	close(copy);
	return outcome;
}

/* The result for a socket on which nothing must be set. */
static enum outcome unchanged(const struct settings *settings, const struct standing *standing)
{
	bool off = !settings_profile(settings, standing->given)->value[OPTION_KEEPALIVE];

	return off || standing->held || standing->owned == OPTIONS_ALL ? OUTCOME_LEFT
								       : OUTCOME_ALIKE;
}

static void text_socket(struct text *text, const struct connection *connection)
{
	bool closed = connection->state == TCP_CLOSE;

	text_log_socket(text, connection->fds->fd,
			closed ? "not connected" : connection_role(connection), &connection->local,
			&connection->peer);
}

enum outcome set_options(const struct settings *settings, const struct connection *connection,
			 const struct values *kernel, unsigned *given, bool dry_run,
			 const struct also *also, struct text *text)
{
	unsigned number =
		profile_for(settings, connection->role, &connection->local, &connection->peer);
	struct decision decision =
		decide_by_values(settings, *given, number, &connection->now, kernel);
	enum outcome outcome = OUTCOME_CHANGED;
	char buffer[256];
	struct text failures = TEXT(buffer);

	if (!decision.set)
		outcome = unchanged(settings, &decision.after);
	else if (!dry_run)
		outcome = carry_out(connection, &decision, also, &failures);
	text_socket(text, connection);
	if (outcome == OUTCOME_ALIKE)
		text_string(text, "already ");
	else if (dry_run && decision.set)
		text_string(text, "would set ");
	text_log_outcome(text, settings, connection->role, &decision.after, NULL, NULL);
	if (connection->now.value[OPTION_KEEPALIVE] == 1 && outcome != OUTCOME_ALIKE)
		text_values(text, decision.set ? "was" : "has", connection);
	text_plain(text, (struct slice){ buffer, (size_t)(failures.next - failures.start) });
	if (outcome != OUTCOME_GONE && !dry_run)
		*given = number;
	return outcome;
}
