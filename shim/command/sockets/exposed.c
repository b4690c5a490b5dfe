/* exposed: lists established connections without keepalive, by process and peer. */
#include "sockets/exposed.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/printable.h"

/* Whether they are equal in all that is shown. */
struct group {
	const struct connection *first;
	size_t count;
};

static bool is_loopback(const struct address *address)
{
	static const uint8_t one[16] = { [15] = 1 };

	return address->family == ADDRESS_IPV4 ? address->bytes[0] == 127
					       : memcmp(address->bytes, one, sizeof(one)) == 0;
}

static int by_group(const void *left, const void *right)
{
	const struct connection *a = left, *b = right;
	long order = a->holder->process.pid - b->holder->process.pid;

	if (!order)
		order = a->role - b->role;
	if (!order)
		order = connection_service(a) - connection_service(b);
	if (!order)
		order = memcmp(a->peer.address.bytes, b->peer.address.bytes,
			       sizeof(a->peer.address.bytes));
	return order < 0 ? -1 : order > 0;
}

static int by_count(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return by_group(a->first, b->first);
}

/* Keeps those that would hang, and counts. */
static struct exposed sift(struct connections *connections)
{
	struct exposed exposed = { 0 };

	for (size_t i = 0; i < connections->count; i++) {
		const struct connection *connection = &connections->list[i];
		int32_t keepalive = connection->now.value[OPTION_KEEPALIVE];

		exposed.unseen += !connection->state;
		if (connection->state != TCP_ESTABLISHED || keepalive == 1)
			continue;
		if (is_loopback(&connection->peer.address))
			exposed.local++;
		else if (keepalive == VALUE_UNKNOWN)
			exposed.unknown++;
		else
			connections->list[exposed.connections++] = *connection;
	}
	return exposed;
}

/*
 * A client's peer is shown with the service's port, a server's without one, because clients' ports
 * mean nothing.
 */
static void text_peer(struct text *text, const struct connection *connection)
{
	struct text whole = *text;

	text_endpoint(text, &connection->peer);
	if (connection->role == ROLE_SERVER)
		text->next = memrchr(whole.next, ':', (size_t)(text->next - whole.next));
}

static void print_json(const struct group *group)
{
	const struct connection *connection = group->first;
	char peer[64];
	struct text text = { peer, peer, peer + sizeof(peer) - 1 };

	text_peer(&text, connection);
	*text.next = '\0';
	if (connection->holder->process.pid)
		printf("{\"pid\": %d", connection->holder->process.pid);
	else
		printf("{\"pid\": null");
	json_string("process",
		    connection->holder->process.pid ? connection->holder->process.comm : NULL);
	json_word("role", connection_role(connection));
	json_number("port", true, connection_service(connection));
	json_string("peer", peer);
	json_number("connections", true, group->count);
	putchar('}');
}

static void print_line(const struct group *group)
{
	const struct connection *connection = group->first;
	char line[256];
	struct text text = TEXT(line), start;

	text_printable(&text, connection->holder->process.comm);
	if (connection->holder->process.pid) {
		text_char(&text, '/');
		text_number(&text, (unsigned long)connection->holder->process.pid);
	}
	start = text;
	printf("%11zu  %-6s  %5u  ", group->count, connection_role(connection),
	       connection_service(connection));
	text_peer(&text, connection);
	printf("%-23.*s  %.*s\n", (int)(text.next - start.next), start.next,
	       (int)(start.next - line), line);
}

struct exposed exposed_print(struct connections *connections, bool json)
{
	struct exposed exposed = sift(connections);
	const struct connection *list = connections->list;
	struct group *groups = array_zeroed(exposed.connections + 1, sizeof(*groups));
	size_t count = 0;

	if (exposed.connections)
		qsort(connections->list, exposed.connections, sizeof(*list), by_group);
	for (size_t i = 0; i < exposed.connections; i++) {
		if (i && by_group(&list[i - 1], &list[i]) == 0)
			groups[count - 1].count++;
		else
			groups[count++] = (struct group){ &list[i], 1 };
	}
	qsort(groups, count, sizeof(*groups), by_count);
	if (json)
		putchar('[');
	else if (count)
		puts("CONNECTIONS  ROLE     PORT  PEER                     PROCESS");
	for (size_t i = 0; i < count; i++) {
		if (json)
			fputs(i ? ",\n " : "", stdout);
		(json ? print_json : print_line)(&groups[i]);
	}
	if (json)
		puts("]");
	free(groups);
	return exposed;
}
