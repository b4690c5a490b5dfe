/* status_table: see status_table.h. */
#include "sockets/status_table.h"

#include <stdio.h>

#include "base/printable.h"

/* clang-format off */
#define COLUMN(symbol, ...) COLUMN_##symbol,
#define HEADING(symbol, variable, word, preset, words, accepted, argument, help, level, name, \
		unit, least, most, heading, ...) \
	[COLUMN_##symbol] = heading,

enum column {
	COLUMN_PROCESS,
	COLUMN_FD,
	COLUMN_ROLE,
	COLUMN_LOCAL,
	COLUMN_PEER,
	COLUMN_STATE,
	SWITCH_SETTING(COLUMN)
	NUMBER_SETTINGS(COLUMN)
	COLUMN_NEXT_PROBE,
	COLUMN_UNANSWERED,
	COLUMNS
};

static const char headings[COLUMNS][16] = {
	[COLUMN_PROCESS] = "PROCESS",
	[COLUMN_FD] = "FD",
	[COLUMN_ROLE] = "ROLE",
	[COLUMN_LOCAL] = "LOCAL",
	[COLUMN_PEER] = "PEER",
	[COLUMN_STATE] = "STATE",
	SOCKET_SETTINGS(HEADING)
	[COLUMN_NEXT_PROBE] = "NEXT-PROBE",
	[COLUMN_UNANSWERED] = "UNANSWERED",
};
/* clang-format on */

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
#define OPTION(symbol, ...) [COLUMN_##symbol] = OPTION_##symbol,
	static const uint8_t option[COLUMNS] = { SOCKET_SETTINGS(OPTION) };
#undef OPTION

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

static int cell_width(const struct connection *connection, enum column column)
{
	char buffer[256];
	struct text text = TEXT(buffer);

	text_cell(&text, connection, column);
	return width_of(&text);
}

/* Filled up with blanks to the width. */
static void print_cell(const struct connection *connection, enum column column, int width)
{
	char buffer[256];
	struct text text = TEXT(buffer);

	text_cell(&text, connection, column);
	fwrite(text.start, 1, (size_t)(text.next - text.start), stdout);
	for (int i = width_of(&text); i < width; i++)
		putchar(' ');
}

static void measure(const struct connections *connections, int width[COLUMNS])
{
	for (unsigned column = 0; column < COLUMNS; column++) {
		width[column] = (int)slice_of(headings[column]).length;
		for (size_t i = 0; i < connections->count; i++) {
			int cell = cell_width(&connections->list[i], column);

			if (cell > width[column])
				width[column] = cell;
		}
	}
}

void status_table(const struct connections *connections)
{
	const enum column last = COLUMNS - 1;
	int width[COLUMNS];

	measure(connections, width);
	for (unsigned column = 0; column < last; column++)
		printf("%-*s", width[column] + 2, headings[column]);
	puts(headings[last]);
	for (size_t i = 0; i < connections->count; i++) {
		for (unsigned column = 0; column < last; column++)
			print_cell(&connections->list[i], column, width[column] + 2);
		print_cell(&connections->list[i], last, 0);
		putchar('\n');
	}
}
