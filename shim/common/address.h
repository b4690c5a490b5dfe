/*
 * address: IPv4 and IPv6 addresses as bytes: parsing, comparing with a network, printing.
 *
 * An IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2) is treated as the IPv4
 * address, because that is how a dual-stack socket shows IPv4 peers.
 */
#ifndef KEEPALIVE_ADDRESS_H
#define KEEPALIVE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum address_family { ADDRESS_NONE = 0, ADDRESS_IPV4 = 4, ADDRESS_IPV6 = 6 };

struct address {
	uint8_t family; /* enum address_family */
	union {
		uint8_t bytes[16];  /* network order; IPv4 uses the first four, the rest is zero */
		uint64_t halves[2]; /* the same, for comparing */
	};
};

/* The addresses that agree with address in the bits that are set in mask. */
struct network {
	struct address address, mask;
	uint8_t bits;
};

/* From 4 or 16 bytes in network order, as in struct in_addr and struct in6_addr. */
struct address address_ipv4(const void *bytes);
struct address address_ipv6(const void *bytes);

/* 0.0.0.0 or ::, and ::ffff:0.0.0.0, which is the first. */
static inline bool address_is_any(const struct address *address)
{
	return address->family && !address->halves[0] && !address->halves[1];
}

/*
 * The port in sin_port or sin6_port: two bytes in network order. As ntohs(3), a function in musl.
 */
uint16_t address_port(const void *bytes);

/*
 * ADDRESS or ADDRESS/BITS (text as in RFC 4291 section 2.2; no zone, no brackets). Without BITS,
 * the one address. Returns false, and does not change *network, for anything else.
 */
bool network_parse(struct slice text, struct network *network);

/* Called for each rule and each connection. */
static inline bool network_contains(const struct network *network, const struct address *address)
{
	const uint64_t *ours = network->address.halves, *mask = network->mask.halves;
	const uint64_t *theirs = address->halves;

	return network->address.family == address->family &&
	       (((ours[0] ^ theirs[0]) & mask[0]) | ((ours[1] ^ theirs[1]) & mask[1])) == 0;
}

/* The address as RFC 5952 writes it: 10.0.0.1, 2001:db8::1; "?" for none. */
void text_address(struct text *text, const struct address *address);

#endif
