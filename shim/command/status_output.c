/* status_output: see status_output.h. */
#include "status_output.h"

#include <stdio.h>

#include "json.h"
#include "printable.h"

enum column {
	COLUMN_PROCESS,
	COLUMN_FD,
	COLUMN_ROLE,
	COLUMN_LOCAL,
	COLUMN_PEER,
	COLUMN_STATE,
	COLUMN_KEEPALIVE,
	COLUMN_IDLE,
	COLUMN_INTERVAL,
	COLUMN_COUNT,
	COLUMN_USER_TIMEOUT,
	COLUMN_RTO_MAX,
	COLUMN_NEXT_PROBE,
	COLUMN_UNANSWERED,
	COLUMNS
};

static const char headings[COLUMNS][16] = {
	"PROCESS", "FD",       "ROLE",  "LOCAL",        "PEER",    "STATE",      "KEEPALIVE",
	"IDLE",    "INTERVAL", "COUNT", "USER-TIMEOUT", "RTO-MAX", "NEXT-PROBE", "UNANSWERED",
};

static void text_name(struct text *text, const struct connection *connection)
{
	text_printable(text, connection->holder->process.comm);
	text_char(text, '/');
	text_number(text, (unsigned long)connection->holder->process.pid);
}

static void text_fds(struct text *text, const struct connection *connection)
{
	for (size_t i = 0; i < connection->fd_count; i++) {
		if (i)
			text_char(text, ',');
		text_number(text, (unsigned long)connection->fds[i].fd);
	}
}

static void text_peer(struct text *text, const struct endpoint *peer)
{
	if (peer->port)
		text_endpoint(text, &peer->address, peer->port);
	else
		text_char(text, '-');
}

/* "58.3s", or what the connection waits for before it is idle. */
static void text_next_probe(struct text *text, const struct connection *connection)
{
	if (connection->timer == TIMER_KEEPALIVE) {
		text_number(text, connection->expires / 1000);
		text_char(text, '.');
		text_number(text, connection->expires % 1000 / 100);
		text_char(text, 's');
	} else if (connection->timer == TIMER_RETRANSMIT) {
		text_string(text, "unacked");
	} else if (connection->timer == TIMER_ZERO_WINDOW) {
		text_string(text, "zero-window");
	} else {
		text_char(text, '-');
	}
}

static void text_cell(struct text *text, const struct connection *connection, enum column column)
{
	static const uint8_t option[COLUMNS] = {
		[COLUMN_KEEPALIVE] = OPTION_KEEPALIVE,       [COLUMN_IDLE] = OPTION_IDLE,
		[COLUMN_INTERVAL] = OPTION_INTERVAL,         [COLUMN_COUNT] = OPTION_COUNT,
		[COLUMN_USER_TIMEOUT] = OPTION_USER_TIMEOUT, [COLUMN_RTO_MAX] = OPTION_RTO_MAX,
	};

	switch (column) {
	case COLUMN_PROCESS:
		text_name(text, connection);
		break;
	case COLUMN_FD:
		text_fds(text, connection);
		break;
	case COLUMN_ROLE:
		text_string(text, connection_role(connection));
		break;
	case COLUMN_LOCAL:
		text_endpoint(text, &connection->local.address, connection->local.port);
		break;
	case COLUMN_PEER:
		text_peer(text, &connection->peer);
		break;
	case COLUMN_STATE:
		text_string(text, connection_state(connection));
		break;
	case COLUMN_NEXT_PROBE:
		text_next_probe(text, connection);
		break;
	case COLUMN_UNANSWERED:
		if (connection->timer == TIMER_KEEPALIVE)
			text_number(text, connection->retries);
		else
			text_char(text, '-');
		break;
	default:
		text_value(text, option[column], connection->value[option[column]]);
	}
}

/* Characters, not bytes, so that columns stay straight. */
static int width_of(const struct text *text)
{
	int width = 0;

	for (const char *at = text->start; at < text->next; at++)
		width += (*at & 0xc0) != 0x80;
	return width;
}

static void measure(const struct connections *connections, int width[COLUMNS])
{
	char buffer[256];

	for (unsigned column = 0; column < COLUMNS; column++)
		width[column] = (int)slice_of(headings[column]).length;
	for (size_t i = 0; i < connections->count; i++) {
		for (unsigned column = 0; column < COLUMNS; column++) {
			struct text text = TEXT(buffer);

			text_cell(&text, &connections->list[i], column);
			if (width_of(&text) > width[column])
				width[column] = width_of(&text);
		}
	}
}

static void print_cell(const struct text *text, unsigned column, const int width[COLUMNS])
{
	fwrite(text->start, 1, (size_t)(text->next - text->start), stdout);
	if (column + 1 < COLUMNS)
		printf("%*s", width[column] - width_of(text) + 2, "");
	else
		putchar('\n');
}

void status_table(const struct connections *connections)
{
	char buffer[256];
	int width[COLUMNS];

	measure(connections, width);
	for (unsigned column = 0; column < COLUMNS; column++) {
		struct text text = TEXT(buffer);

		text_string(&text, headings[column]);
		print_cell(&text, column, width);
	}
	for (size_t i = 0; i < connections->count; i++) {
		for (unsigned column = 0; column < COLUMNS; column++) {
			struct text text = TEXT(buffer);

			text_cell(&text, &connections->list[i], column);
			print_cell(&text, column, width);
		}
	}
}

static void json_endpoint(const char *key, const struct endpoint *endpoint)
{
	char buffer[64];
	struct text text = { buffer, buffer, buffer + sizeof(buffer) - 1 };

	text_endpoint(&text, &endpoint->address, endpoint->port);
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

static void json_values(const struct connection *connection)
{
	static const char keys[OPTION_KEEPALIVE][20] = {
		[OPTION_IDLE] = "idle_s",        [OPTION_INTERVAL] = "interval_s",
		[OPTION_COUNT] = "count",        [OPTION_USER_TIMEOUT] = "user_timeout_ms",
		[OPTION_RTO_MAX] = "rto_max_ms",
	};
	int32_t keepalive = connection->value[OPTION_KEEPALIVE];

	printf(", \"keepalive\": %s", keepalive == VALUE_UNKNOWN ? "null"
				      : keepalive                ? "true"
								 : "false");
	for (unsigned i = 0; i < OPTION_KEEPALIVE; i++)
		json_number(keys[i], connection->value[i] != VALUE_UNKNOWN,
			    (unsigned long)connection->value[i]);
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
	json_word("state", connection_state(connection));
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
