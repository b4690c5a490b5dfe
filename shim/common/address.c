/* address: parses and prints addresses, and makes networks of them. */
#include "address.h"

enum { MAPPED_PREFIX = 12 }; /* bytes of ::ffff:0:0/96 */

static bool is_mapped(const uint8_t bytes[16])
{
	for (int i = 0; i < MAPPED_PREFIX; i++) {
		if (bytes[i] != (i < 10 ? 0x00 : 0xff))
			return false;
	}
	return true;
}

struct address address_ipv4(const void *bytes)
{
	struct address address = { .family = ADDRESS_IPV4 };

	for (int i = 0; i < 4; i++)
		address.bytes[i] = ((const uint8_t *)bytes)[i];
	return address;
}

struct address address_ipv6(const void *bytes)
{
	struct address address = { .family = ADDRESS_IPV6 };

	if (is_mapped(bytes))
		return address_ipv4((const uint8_t *)bytes + MAPPED_PREFIX);
	for (int i = 0; i < 16; i++)
		address.bytes[i] = ((const uint8_t *)bytes)[i];
	return address;
}

uint16_t address_port(const void *bytes)
{
	const uint8_t *byte = bytes;

	return (uint16_t)(byte[0] << 8 | byte[1]);
}

/*
 * Removes the part before the separator, and the separator, from *text; *more: whether there was a
 * separator.
 */
static struct slice take_part(struct slice *text, char separator, bool *more)
{
	struct slice part = { text->start, 0 };

	while (part.length < text->length && text->start[part.length] != separator)
		part.length++;
	*more = part.length < text->length;
	text->start += part.length + *more;
	text->length -= part.length + *more;
	return part;
}

/* Four decimal parts without leading zeros, which some readers take for octal (inet_aton(3)). */
static bool parse_ipv4(struct slice text, uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		bool more;
		struct slice part = take_part(&text, '.', &more);
		unsigned long number;

		if (more != (i < 3) || !slice_number(part, 255, &number) ||
		    (part.length > 1 && *part.start == '0'))
			return false;
		bytes[i] = (uint8_t)number;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One to four hexadecimal digits. */
static bool parse_group(struct slice text, uint8_t bytes[2])
{
	unsigned value = 0;

	for (size_t i = 0; i < text.length; i++) {
		int digit = hex_digit(text.start[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (unsigned)digit;
	}
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return text.length >= 1 && text.length <= 4;
}

/*
 * Groups separated by colons, or nothing; last: the last one may be an IPv4 address. Returns how
 * many bytes they are, or -1 for anything else.
 */
static int parse_groups(struct slice text, bool last, uint8_t bytes[16])
{
	int filled = 0;
	bool more = text.length > 0;

	while (more) {
		struct slice part = take_part(&text, ':', &more);

		if (last && !more && filled <= 12 && parse_ipv4(part, bytes + filled))
			return filled + 4;
		if (filled == 16 || !parse_group(part, bytes + filled))
			return -1;
		filled += 2;
	}
	return filled;
}

/* "::" stands for as many zero groups as are missing, at least one (RFC 4291 section 2.2). */
static bool parse_ipv6(struct slice text, uint8_t bytes[16])
{
	struct slice before = text, after;
	uint8_t tail[16];
	int filled, back;

	for (size_t i = 0; i + 1 < text.length; i++) {
		if (text.start[i] != ':' || text.start[i + 1] != ':')
			continue;
		before.length = i;
		after = (struct slice){ text.start + i + 2, text.length - i - 2 };
		filled = parse_groups(before, false, bytes);
		back = parse_groups(after, true, tail);
		if (filled < 0 || back < 0 || filled + back > 14)
			return false;
		for (int j = filled; j < 16; j++)
			bytes[j] = j < 16 - back ? 0 : tail[j - (16 - back)];
		return true;
	}
	return parse_groups(text, true, bytes) == 16;
}

bool network_parse(struct slice text, struct network *network)
{
	struct slice left = text, digits;
	struct slice written = slice_next(&left, "/");
	uint8_t bytes[16] = { 0 };
	unsigned long bits;
	unsigned limit;

	if (written.start != text.start)
		return false;
	if (parse_ipv4(written, bytes))
		limit = 32;
	else if (parse_ipv6(written, bytes))
		limit = 128;
	else
		return false;

	bits = limit;
	if (left.length) {
		digits = (struct slice){ left.start + 1, left.length - 1 };
		if (!slice_number(digits, limit, &bits))
			return false;
	}
	if (limit == 32) {
		network->address = address_ipv4(bytes);
	} else if (is_mapped(bytes) && bits >= 96) {
		network->address = address_ipv4(bytes + MAPPED_PREFIX);
		bits -= 96;
	} else {
		network->address = (struct address){ .family = ADDRESS_IPV6 };
		for (int i = 0; i < 16; i++)
			network->address.bytes[i] = bytes[i];
	}
	network->bits = (uint8_t)bits;
	network->mask = (struct address){ .family = network->address.family };
	for (unsigned i = 0; i < bits; i++)
		network->mask.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return true;
}

static void text_ipv4(struct text *text, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			text_char(text, '.');
		text_number(text, bytes[i]);
	}
}

static void text_group(struct text *text, unsigned group)
{
	bool started = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned digit = group >> shift & 15;

		started = started || digit || shift == 0;
		if (started)
			text_char(text, "0123456789abcdef"[digit]);
	}
}

/* The longest run of zero groups is left out (RFC 5952 section 4.2). */
static void text_ipv6(struct text *text, const uint8_t *bytes)
{
	int longest = 0, from = -1;

	for (int i = 0; i < 8; i++) {
		int run = 0;

		while (i + run < 8 && !bytes[2 * (i + run)] && !bytes[2 * (i + run) + 1])
			run++;
		if (run > longest && run > 1) {
			longest = run;
			from = i;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == from) {
			text_string(text, "::");
			i += longest - 1;
			continue;
		}
		if (i && i != from + longest)
			text_char(text, ':');
		text_group(text, (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]);
	}
}

void text_address(struct text *text, const struct address *address)
{
	if (address->family == ADDRESS_IPV6)
		text_ipv6(text, address->bytes);
	else if (address->family == ADDRESS_IPV4)
		text_ipv4(text, address->bytes);
	else
		text_char(text, '?');
}
