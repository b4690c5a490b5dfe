/* selection: selects and sorts connections for `status`. */
#include "sockets/selection.h"

#include <fnmatch.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool selection_take_ports(struct selection *selection, const char *text)
{
	struct slice rest = slice_of(text);
	struct slice first = slice_next(&rest, "-"), last = slice_next(&rest, "-");
	unsigned long from, to;

	if (!slice_number(first, UINT16_MAX, &from) || !from || rest.length)
		return false;
	to = from;
	if (strchr(text, '-') && (!slice_number(last, UINT16_MAX, &to) || to < from))
		return false;
	selection->port_first = (uint16_t)from;
	selection->port_last = (uint16_t)to;
	return true;
}

/*
 * ss(8) and people write '-' for the kernel's '_', and estab. Returns its bit; 0 if there is none.
 */
static uint32_t state_of(struct slice word)
{
	char name[16];
	struct text text = { name, name, name + sizeof(name) };

	for (size_t i = 0; i < word.length; i++)
		text_char(&text, word.start[i] == '-' ? '_' : word.start[i]);
	word = (struct slice){ name, (size_t)(text.next - name) };
	if (slice_is_word(word, slice_of("estab")))
		return 1U << TCP_ESTABLISHED;
	for (unsigned state = TCP_ESTABLISHED; state <= TCP_CLOSING; state++) {
		const char *kernels = connection_state_name((uint8_t)state);

		if (strncasecmp(kernels, name, word.length) == 0 && !kernels[word.length])
			return 1U << state;
	}
	return 0;
}

bool selection_take_states(struct selection *selection, const char *text)
{
	struct slice rest = slice_of(text);

	do {
		uint32_t state = state_of(slice_next(&rest, ","));

		if (!state)
			return false;
		selection->states |= state;
	} while (rest.length);
	return true;
}

bool selection_take_order(struct selection *selection, const char *text)
{
	static const char *const words[] = {
		[ORDER_PROCESS] = "process", [ORDER_PEER] = "peer",   [ORDER_PORT] = "port",
		[ORDER_STATE] = "state",     [ORDER_PROBE] = "probe",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			selection->order = i;
			return true;
		}
	}
	return false;
}

static bool is_wanted(const struct selection *selection, const struct connection *connection)
{
	const struct process *process = &connection->holder->process;
	uint16_t first = selection->port_first, last = selection->port_last;
	uint16_t local = connection->local.port, peer = connection->peer.port;

	if (selection->unknown && !connection->state)
		first = 0;
	if (first && (local < first || local > last) && (peer < first || peer > last))
		return false;
	if (selection->states && (connection->state || !selection->unknown) &&
	    !(selection->states >> connection->state & 1))
		return false;
	return !selection->process || fnmatch(selection->process, process->comm, 0) == 0 ||
	       fnmatch(selection->process, process->executable, 0) == 0;
}

static int compare(unsigned long a, unsigned long b)
{
	return a < b ? -1 : a > b;
}

static int by_process(const struct connection *a, const struct connection *b)
{
	int order = strcmp(a->holder->process.comm, b->holder->process.comm);

	if (!order)
		order = compare((unsigned long)a->holder->process.pid,
				(unsigned long)b->holder->process.pid);
	return order ? order : compare((unsigned long)a->fds->fd, (unsigned long)b->fds->fd);
}

static int by_peer(const struct connection *a, const struct connection *b)
{
	int order =
		memcmp(a->peer.address.bytes, b->peer.address.bytes, sizeof(a->peer.address.bytes));

	return order ? order : compare(a->peer.port, b->peer.port);
}

static int by_port(const struct connection *a, const struct connection *b)
{
	return compare(connection_service(a), connection_service(b));
}

static int by_state(const struct connection *a, const struct connection *b)
{
	return compare(a->state, b->state);
}

/* Those that probe next, and among them those that got no answer, first. */
static int by_probe(const struct connection *a, const struct connection *b)
{
	bool a_probes = a->timer == TIMER_KEEPALIVE, b_probes = b->timer == TIMER_KEEPALIVE;

	if (!a_probes || !b_probes)
		return b_probes - a_probes;
	return a->retries != b->retries ? compare(b->retries, a->retries)
					: compare(a->expires, b->expires);
}

static enum order order; /* of the sort under way */

static int in_order(const void *left, const void *right)
{
	static int (*const keys[])(const struct connection *, const struct connection *) = {
		[ORDER_PROCESS] = by_process, [ORDER_PEER] = by_peer,   [ORDER_PORT] = by_port,
		[ORDER_STATE] = by_state,     [ORDER_PROBE] = by_probe,
	};
	int result = keys[order](left, right);

	return result ? result : by_process(left, right);
}

void selection_apply(const struct selection *selection, struct connections *connections)
{
	size_t kept = 0;

	for (size_t i = 0; i < connections->count; i++) {
		if (is_wanted(selection, &connections->list[i]))
			connections->list[kept++] = connections->list[i];
	}
	connections->count = kept;
	order = selection->order;
	if (kept)
		qsort(connections->list, kept, sizeof(*connections->list), in_order);
}
