/*
 * selection: which connections to show, and in which order.
 */
#ifndef KEEPALIVE_SELECTION_H
#define KEEPALIVE_SELECTION_H

#include "sockets/connection.h"

enum order { ORDER_PROCESS, ORDER_PEER, ORDER_PORT, ORDER_STATE, ORDER_PROBE };
#define ORDERS_ACCEPTED "process, peer, port, state or probe"
#define STATES_ACCEPTED "states as status shows them, such as established or listen,close-wait"

/* All zero: everything, by process. */
struct selection {
	uint16_t port_first, port_last; /* of either end */
	uint32_t states;                /* bits 1 << TCP_... */
	bool unknown;        /* also sockets whose state, and so whose ports, are not known */
	const char *process; /* a glob(7) of its name, or of its executable's */
	enum order order;
};

/* "443" or "8000-8999"; false for anything else. */
bool selection_take_ports(struct selection *selection, const char *text);

/* State names, in any case, separated by commas; may be repeated. */
bool selection_take_states(struct selection *selection, const char *text);

bool selection_take_order(struct selection *selection, const char *text);

/*
 * Removes connections that are not selected, and sorts the rest; equal ones by process and
 * descriptor.
 */
void selection_apply(const struct selection *selection, struct connections *connections);

#endif
