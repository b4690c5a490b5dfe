/* deviation: counts the sockets of a process that differ from its settings. */
#include "sockets/deviation.h"

#include <poll.h>
#include <string.h>

#include "decide.h"
#include "sockets/snapshot.h"

static bool is_seen(const struct connection *connection)
{
	return connection->now.value[OPTION_KEEPALIVE] != VALUE_UNKNOWN &&
	       connection->now.value[OPTION_IDLE] != VALUE_UNKNOWN;
}

static bool differs(const struct settings *settings, const struct connection *connection)
{
	unsigned number =
		profile_for(settings, connection->role, &connection->local, &connection->peer);
	const struct profile *profile = settings_profile(settings, number);

	return profile->value[OPTION_KEEPALIVE] && !has_values_of(profile, &connection->now);
}

static void describe(const struct connection *connection, struct deviation *deviation)
{
	const struct endpoint *end = connection->peer.port ? &connection->peer : &connection->local;
	struct text text = { deviation->first, deviation->first,
			     deviation->first + sizeof(deviation->first) - 1 };

	text_string(&text, connection_role(connection));
	text_char(&text, ' ');
	text_endpoint(&text, end);
	if (!connection->now.value[OPTION_KEEPALIVE]) {
		text_string(&text, " has keepalive off");
	} else {
		text_string(&text, " has ");
		for (unsigned i = OPTION_IDLE; i <= OPTION_COUNT; i++) {
			text_string(&text, i > OPTION_IDLE ? "/" : "");
			text_number(&text, (unsigned long)connection->now.value[i]);
		}
	}
	*text.next = '\0';
}

static void count(const struct connections *connections, const struct settings *settings,
		  struct deviation *deviation)
{
	for (size_t i = 0; i < connections->count; i++) {
		const struct connection *connection = &connections->list[i];

		if (!is_seen(connection))
			continue;
		deviation->sockets++;
		if (differs(settings, connection) && deviation->differing++ == 0)
			describe(connection, deviation);
	}
}

/* Listeners are examined, through copies, if they are not short-lived. */
void deviation_read(pid_t pid, const struct settings *settings, struct deviation *deviation)
{
	enum { WHILE = 100 }; /* milliseconds */
	struct snapshot first = { .spare = true }, second = { .spare = true, .before = &first };
	struct snapshot *snapshot = &first;
	struct text nobody = { NULL, NULL, NULL }; /* check itself reports what is wrong */

	memset(deviation, 0, sizeof(*deviation));
	snapshot_add(&first, pid, &nobody);
	for (size_t i = 0; i < first.connections.count && snapshot == &first; i++) {
		if (!is_seen(&first.connections.list[i]))
			snapshot = &second;
	}
	if (snapshot == &second) {
		poll(NULL, 0, WHILE);
		snapshot_add(&second, pid, &nobody);
	}
	count(&snapshot->connections, settings, deviation);
	snapshot_free(&second);
	snapshot_free(&first);
}
