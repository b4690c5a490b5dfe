/* sock_diag: asks the kernel for its table of TCP sockets over netlink. */
#include "sockets/sock_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"

enum {
	MPTCP = 262,          /* IPPROTO_MPTCP, newer than some headers */
	NO_PROTOCOL = 254,    /* RFC 3692: reserved for experiments, so nothing answers for it */
	REQUEST_PROTOCOL = 3, /* INET_DIAG_REQ_PROTOCOL, Linux 5.9: protocols above 255 */
};

static size_t slot_of(const struct socket_table *table, uint32_t inode)
{
	size_t slot = inode * 2654435761U & (table->slot_count - 1);

	while (table->slots[slot] && table->sockets[table->slots[slot] - 1].inode != inode)
		slot = (slot + 1) & (table->slot_count - 1);
	return slot;
}

/* Keeps the hash table at most half full. */
static void make_slots(struct socket_table *table)
{
	if (2 * (table->count + 1) <= table->slot_count)
		return;
	free(table->slots);
	table->slot_count = table->slot_count ? table->slot_count : 128;
	do
		table->slot_count *= 2;
	while (table->slot_count < 2 * (table->count + 1));
	table->slots = array_zeroed(table->slot_count, sizeof(*table->slots));
	for (size_t i = 0; i < table->count; i++) {
		if (table->sockets[i].inode)
			table->slots[slot_of(table, table->sockets[i].inode)] = (uint32_t)i + 1;
	}
}

static struct diag_socket *append(struct socket_table *table, uint32_t inode)
{
	table->sockets =
		array_room(table->sockets, table->count, &table->room, sizeof(*table->sockets));
	table->sockets[table->count] = (struct diag_socket){ .inode = inode };
	return &table->sockets[table->count++];
}

/* The entry for the inode, made if there was none. */
static struct diag_socket *entry_for(struct socket_table *table, uint32_t inode, bool *made)
{
	size_t slot;

	*made = true;
	if (!inode)
		return append(table, inode);
	make_slots(table);
	slot = slot_of(table, inode);
	*made = !table->slots[slot];
	if (!*made)
		return &table->sockets[table->slots[slot] - 1];
	table->slots[slot] = (uint32_t)table->count + 1;
	return append(table, inode);
}

static struct endpoint end_of(unsigned family, const void *address, uint16_t port)
{
	return (struct endpoint){
		family == AF_INET ? address_ipv4(address) : address_ipv6(address),
		ntohs(port),
	};
}

/* INET_DIAG_CGROUP_ID, one of the attributes behind the message. */
static uint64_t group_of(struct nlmsghdr *header)
{
	struct inet_diag_msg *diag = NLMSG_DATA(header);
	unsigned left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*diag));
	uint64_t group = 0;

	for (struct rtattr *attribute = (struct rtattr *)(diag + 1); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == INET_DIAG_CGROUP_ID &&
		    RTA_PAYLOAD(attribute) == sizeof(group))
			memcpy(&group, RTA_DATA(attribute), sizeof(group));
	}
	return group;
}

/*
 * An MPTCP socket shares its inode with its subflows, which are TCP sockets and read first: they
 * have the timers, it has the state.
 */
static void take(struct socket_table *table, struct nlmsghdr *header, bool mptcp)
{
	struct inet_diag_msg *diag = NLMSG_DATA(header);
	struct diag_socket *entry;
	bool made;

	table->unheld += !diag->idiag_inode; /* not accepted yet, closed, TIME_WAIT */
	if (!diag->idiag_inode && (mptcp || !table->waiting))
		return;
	entry = entry_for(table, diag->idiag_inode, &made);
	if (made) {
		entry->timer = mptcp ? TIMER_UNKNOWN : diag->idiag_timer;
		entry->retries = diag->idiag_retrans;
		entry->expires = diag->idiag_expires;
		entry->cookie = diag->id.idiag_cookie[0] | (uint64_t)diag->id.idiag_cookie[1] << 32;
		entry->group = group_of(header);
	}
	if (made || mptcp) {
		entry->state = diag->idiag_state;
		entry->mptcp = mptcp;
		entry->local = end_of(diag->idiag_family, diag->id.idiag_src, diag->id.idiag_sport);
		entry->peer = end_of(diag->idiag_family, diag->id.idiag_dst, diag->id.idiag_dport);
	}
}

static int send_request(int netlink, int family, bool mptcp, uint32_t states)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 diag;
		struct rtattr attribute;
		uint32_t protocol;
	} ask = {
		.header = { .nlmsg_len = sizeof(ask),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.diag = { .sdiag_family = (uint8_t)family,
			  .sdiag_protocol = mptcp ? NO_PROTOCOL : IPPROTO_TCP,
			  .idiag_states = states },
		.attribute = { .rta_len = sizeof(struct rtattr) + sizeof(uint32_t),
			       .rta_type = REQUEST_PROTOCOL },
		.protocol = MPTCP,
	};

	if (!mptcp)
		ask.header.nlmsg_len -= ask.attribute.rta_len;
	return send(netlink, &ask, ask.header.nlmsg_len, 0) < 0 ? errno : 0;
}

/* One datagram of the answer. Returns 0 while there is more, 1 at the end, or -errno. */
static int answer(struct socket_table *table, int netlink, bool mptcp)
{
	static char buffer[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t received = recv(netlink, buffer, sizeof(buffer), 0);
	unsigned left = (unsigned)received;

	if (received <= 0)
		return received < 0 && errno == EINTR ? 0 : -(received ? errno : EIO);
	for (struct nlmsghdr *header = (void *)buffer; NLMSG_OK(header, left);
	     header = NLMSG_NEXT(header, left)) {
		/* Both begin with a negative errno, or zero. */
		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
			int error = *(int *)NLMSG_DATA(header);

			return error < 0 ? error : 1;
		}
		if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY)
			take(table, header, mptcp);
	}
	return 0;
}

static int dump(struct socket_table *table, int netlink, int family, bool mptcp, uint32_t states)
{
	int error = send_request(netlink, family, mptcp, states);
	int done = 0;

	while (!error && !done) {
		done = answer(table, netlink, mptcp);
		if (done < 0)
			error = -done;
	}
	return error;
}

int sock_diag_read(struct socket_table *table, int netlink, uint32_t states)
{
	int error = dump(table, netlink, AF_INET, false, states);

	if (!error)
		error = dump(table, netlink, AF_INET6, false, states);
	/* Asking a kernel without MPTCP would make it run modprobe(8). */
	if (!error && access("/proc/sys/net/mptcp", F_OK) == 0) {
		dump(table, netlink, AF_INET, true, states);
		dump(table, netlink, AF_INET6, true, states);
	}
	return error;
}

struct diag_socket *socket_table_find(const struct socket_table *table, uint32_t inode)
{
	size_t slot;

	if (!table->slot_count)
		return NULL;
	slot = slot_of(table, inode);
	return table->slots[slot] ? &table->sockets[table->slots[slot] - 1] : NULL;
}

void socket_table_free(struct socket_table *table)
{
	free(table->sockets);
	free(table->slots);
	*table = (struct socket_table){ .waiting = table->waiting };
}
