/* status_json: prints connections as JSON. */
#include "sockets/status_json.h"

#include <stdio.h>

#include "base/json.h"

static void json_endpoint(const char *key, const struct endpoint *endpoint)
{
	char buffer[64];
	struct text text = { buffer, buffer, buffer + sizeof(buffer) - 1 };

	text_endpoint(&text, endpoint);
	*text.next = '\0';
	json_string(key, endpoint->port ? buffer : NULL);
}

static void json_process(const struct connection *connection)
{
	printf("{\"pid\": %d", connection->holder->process.pid);
	json_string("process", connection->holder->process.comm);
	printf(", \"fds\": [");
	for (size_t i = 0; i < connection->fd_count; i++)
		printf("%s%d", i ? ", " : "", connection->fds[i].fd);
	putchar(']');
}

#define KEY(symbol, variable, word, preset, words, accepted, argument, help, level, name, unit, \
	    least, most, heading, key) \
	[OPTION_##symbol] = key, /* NOLINT(bugprone-macro-parentheses) */

static void json_values(const struct connection *connection)
{
	static const char keys[OPTIONS][20] = { SOCKET_SETTINGS(KEY) };
	int32_t keepalive = connection->now.value[OPTION_KEEPALIVE];

	printf(", \"keepalive\": %s", keepalive == VALUE_UNKNOWN ? "null"
				      : keepalive                ? "true"
								 : "false");
	for (unsigned i = 0; i < NUMBERS; i++)
		json_number(keys[i], connection->now.value[i] != VALUE_UNKNOWN,
			    (unsigned long)connection->now.value[i]);
}

static const char *timer_name(uint8_t timer)
{
	switch (timer) {
	case TIMER_NONE:
		return "none";
	case TIMER_RETRANSMIT:
		return "retransmit";
	case TIMER_KEEPALIVE:
		return "keepalive";
	case TIMER_ZERO_WINDOW:
		return "zero-window";
	default:
		return NULL;
	}
}

static void json_connection(const struct connection *connection)
{
	bool probing = connection->timer == TIMER_KEEPALIVE;

	json_process(connection);
	json_word("protocol", connection->mptcp ? "mptcp" : "tcp");
	json_word("role", connection_role(connection));
	json_endpoint("local", &connection->local);
	json_endpoint("peer", &connection->peer);
	json_word("state", connection_state_name(connection->state));
	json_values(connection);
	json_word("timer", timer_name(connection->timer));
	json_number("next_probe_ms", probing, connection->expires);
	json_number("unanswered_probes", probing, connection->retries);
	putchar('}');
}

void status_json(const struct connections *connections)
{
	putchar('[');
	for (size_t i = 0; i < connections->count; i++) {
		fputs(i ? ",\n " : "", stdout);
		json_connection(&connections->list[i]);
	}
	puts("]");
}
