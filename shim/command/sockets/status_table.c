/* status_table: prints connections as a table. */
#include "sockets/status_table.h"

#include <netinet/tcp.h>
#include <string.h>

#include "base/printable.h"

enum { CELL_MAX = 256, COLUMNS_MAX = 12, GAP = 2 };

/* The colour of a cell; none if there are no colours. */
#define HEADING "\033[1m"
#define WARNING "\033[33m"   /* would hang */
#define ALARM   "\033[1;31m" /* no answer */
#define PLAIN   "\033[m"

struct column {
	const char *heading;
	void (*write)(struct text *text, const struct connection *connection);
	const char *(*colour)(const struct connection *connection); /* NULL: none */
	char tail; /* if the cell is cut, the part from the last of these characters on is kept; 0: never cut */
	uint8_t narrow; /* how far it may be cut */
};

static void write_process(struct text *text, const struct connection *connection)
{
	text_printable(text, connection->holder->process.comm);
	text_char(text, '/');
	text_number(text, (unsigned long)connection->holder->process.pid);
}

/* The first few of many: "3,4,5,6,+996". */
static void write_fds(struct text *text, const struct connection *connection)
{
	enum { SHOWN = 4 };
	size_t shown = connection->fd_count > SHOWN + 1 ? SHOWN : connection->fd_count;

	for (size_t i = 0; i < shown; i++) {
		if (i)
			text_char(text, ',');
		text_number(text, (unsigned long)connection->fds[i].fd);
	}
	if (shown < connection->fd_count) {
		text_string(text, ",+");
		text_number(text, connection->fd_count - shown);
	}
}

static void write_role(struct text *text, const struct connection *connection)
{
	text_string(text, connection_role(connection));
}

static void write_end(struct text *text, const struct endpoint *end)
{
	if (end->port)
		text_endpoint(text, end);
	else
		text_char(text, '-');
}

static void write_local(struct text *text, const struct connection *connection)
{
	write_end(text, &connection->local);
}

static void write_local_port(struct text *text, const struct connection *connection)
{
	if (connection->local.port)
		text_number(text, connection->local.port);
	else
		text_char(text, '-');
}

static void write_peer(struct text *text, const struct connection *connection)
{
	write_end(text, &connection->peer);
}

/* The peer, and which side connected: "-> 10.0.0.2:5432", "<- 10.0.0.9:40312". */
static void write_direction(struct text *text, const struct connection *connection)
{
	if (connection->peer.port)
		text_string(text, connection->role == ROLE_SERVER ? "<- " : "-> ");
	write_peer(text, connection);
}

static void write_state(struct text *text, const struct connection *connection)
{
	text_string(text, connection_state_name(connection->state));
}

/* Shortened as in ss(8). */
static void write_short_state(struct text *text, const struct connection *connection)
{
	if (connection->state == TCP_ESTABLISHED)
		text_string(text, "ESTAB");
	else
		write_state(text, connection);
}

static void write_on(struct text *text, const struct connection *connection)
{
	text_value(text, OPTION_KEEPALIVE, connection->now.value[OPTION_KEEPALIVE]);
}

/* "60/10/6" (seconds, seconds, number) if keepalive is on; otherwise the values have no effect. */
static void write_keepalive(struct text *text, const struct connection *connection)
{
	if (connection->now.value[OPTION_KEEPALIVE] != 1 ||
	    connection->now.value[OPTION_IDLE] == VALUE_UNKNOWN) {
		write_on(text, connection);
		return;
	}
	for (unsigned i = OPTION_IDLE; i <= OPTION_COUNT; i++) {
		if (i > OPTION_IDLE)
			text_char(text, '/');
		text_number(text, (unsigned long)connection->now.value[i]);
	}
}

/* One for each number: "60s". */
#define WRITE(symbol, ...) \
	static void write_##symbol(struct text *text, const struct connection *connection) \
	{ \
		text_value(text, OPTION_##symbol, connection->now.value[OPTION_##symbol]); \
	}
NUMBER_SETTINGS(WRITE)

/* "58.3s", or what the connection waits for before it is idle. */
static void write_next_probe(struct text *text, const struct connection *connection)
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

static bool is_unanswered(const struct connection *connection)
{
	return connection->timer == TIMER_KEEPALIVE && connection->retries;
}

/* "4.1s !2": two without an answer. */
static void write_next_and_unanswered(struct text *text, const struct connection *connection)
{
	write_next_probe(text, connection);
	if (is_unanswered(connection)) {
		text_string(text, " !");
		text_number(text, connection->retries);
	}
}

static void write_unanswered(struct text *text, const struct connection *connection)
{
	if (connection->timer == TIMER_KEEPALIVE)
		text_number(text, connection->retries);
	else
		text_char(text, '-');
}

static void write_protocol(struct text *text, const struct connection *connection)
{
	text_string(text, connection->mptcp ? "mptcp" : "tcp");
}

static const char *colour_of_keepalive(const struct connection *connection)
{
	return connection->state == TCP_ESTABLISHED && connection->now.value[OPTION_KEEPALIVE] == 0
		       ? WARNING
		       : NULL;
}

static const char *colour_of_probe(const struct connection *connection)
{
	return is_unanswered(connection) ? ALARM : NULL;
}

/* The most important columns come first. */
static const struct column narrow_columns[] = {
	{ "STATE", write_short_state, NULL, 0, 0 },
	{ "KEEPALIVE", write_keepalive, colour_of_keepalive, 0, 0 },
	{ "NEXT-PROBE", write_next_and_unanswered, colour_of_probe, 0, 0 },
	{ "PEER", write_direction, NULL, ':', 20 },
	{ "PORT", write_local_port, NULL, 0, 0 },
	{ "PROCESS", write_process, NULL, '/', 12 },
};
/* clang-format off */
#define COLUMN(symbol, variable, word, preset, words, accepted, argument, help, level, name, unit, \
	       least, most, heading, ...) \
	{ heading, write_##symbol, NULL, 0, 0 },
static const struct column wide_columns[] = {
	{ "STATE", write_state, NULL, 0, 0 },
	{ "KEEPALIVE", write_on, colour_of_keepalive, 0, 0 },
	NUMBER_SETTINGS(COLUMN)
	{ "NEXT-PROBE", write_next_probe, NULL, 0, 0 },
	{ "UNANSWERED", write_unanswered, colour_of_probe, 0, 0 },
	{ "ROLE", write_role, NULL, 0, 0 },
	{ "PEER", write_peer, NULL, 0, 0 },
	{ "LOCAL", write_local, NULL, 0, 0 },
	{ "PROTOCOL", write_protocol, NULL, 0, 0 },
	{ "PROCESS", write_process, NULL, 0, 0 },
	{ "FD", write_fds, NULL, 0, 0 },
};
/* clang-format on */

/* A table being drawn: its columns, and how wide each is. */
struct table {
	const struct column *columns;
	unsigned count;
	unsigned width[sizeof(wide_columns) / sizeof(wide_columns[0])];
	bool colour;
	FILE *out;
};

static unsigned width_of(const struct text *text)
{
	return printable_columns(text->start, text->next);
}

/* Replaces characters before the tail by a '+'. */
static void cut(struct text *text, unsigned width, char tail)
{
	unsigned surplus = width_of(text);
	char *from = memrchr(text->start, tail, (size_t)(text->next - text->start));
	char *to = from ? from : text->next;

	if (surplus <= width)
		return;
	if (to > text->start && to < text->next && to[-1] == ']') /* of an IPv6 address */
		to--;
	surplus -= width - 1;
	for (from = to; from > text->start && surplus;) {
		unsigned columns;

		do
			from--;
		while (from > text->start && (*from & 0xc0) == 0x80);
		printable_next(from, to, &columns);
		surplus -= columns < surplus ? columns : surplus;
	}
	*from++ = '+';
	memmove(from, to, (size_t)(text->next - to));
	text->next -= to - from;
}

static void print_cell(const struct table *table, unsigned column, struct text *text,
		       const char *colour)
{
	bool is_last = column + 1 == table->count;
	unsigned width = width_of(text);

	if (table->colour && colour)
		fputs(colour, table->out);
	fwrite(text->start, 1, (size_t)(text->next - text->start), table->out);
	if (table->colour && colour)
		fputs(PLAIN, table->out);
	if (is_last)
		putc('\n', table->out);
	for (; !is_last && width < table->width[column] + GAP; width++)
		putc(' ', table->out);
}

static void print_headings(const struct table *table)
{
	for (unsigned i = 0; i < table->count; i++) {
		char cell[CELL_MAX];
		struct text text = TEXT(cell);

		text_string(&text, table->columns[i].heading);
		print_cell(table, i, &text, HEADING);
	}
}

static void print_row(const struct table *table, const struct connection *connection)
{
	for (unsigned i = 0; i < table->count; i++) {
		const struct column *column = &table->columns[i];
		char cell[CELL_MAX];
		struct text text = TEXT(cell);

		column->write(&text, connection);
		if (column->tail)
			cut(&text, table->width[i], column->tail);
		print_cell(table, i, &text, column->colour ? column->colour(connection) : NULL);
	}
}

static void measure(struct table *table, const struct connections *connections, size_t rows)
{
	for (unsigned column = 0; column < table->count; column++) {
		unsigned width = (unsigned)strlen(table->columns[column].heading);

		for (size_t i = 0; i < rows; i++) {
			char cell[CELL_MAX];
			struct text text = TEXT(cell);

			table->columns[column].write(&text, &connections->list[i]);
			if (width_of(&text) > width)
				width = width_of(&text);
		}
		table->width[column] = width;
	}
}

/* Narrows columns, from the last one on, as far as each may be cut. */
static void fit(struct table *table, unsigned width)
{
	unsigned total = 0;

	for (unsigned i = 0; i < table->count; i++)
		total += table->width[i] + (i ? GAP : 0);
	for (unsigned i = table->count; i-- > 0;) {
		const struct column *column = &table->columns[i];

		while (total > width && column->tail && table->width[i] > column->narrow) {
			table->width[i]--;
			total--;
		}
	}
}

void status_table(FILE *out, const struct connections *connections, const struct layout *layout)
{
	size_t rows = connections->count > layout->rows ? layout->rows : connections->count;
	struct table table = { .columns = narrow_columns,
			       .count = sizeof(narrow_columns) / sizeof(narrow_columns[0]),
			       .colour = layout->colour,
			       .out = out };

	if (layout->wide) {
		table.columns = wide_columns;
		table.count = sizeof(wide_columns) / sizeof(wide_columns[0]);
	}
	measure(&table, connections, rows);
	if (!layout->wide)
		fit(&table, layout->width);
	print_headings(&table);
	for (size_t i = 0; i < rows; i++)
		print_row(&table, &connections->list[i]);
	if (rows < connections->count)
		fprintf(out, "+%zu more\n", connections->count - rows);
}
