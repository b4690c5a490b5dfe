/* endpoint: reads socket addresses, and prints an end of a connection. */
#include "endpoint.h"

#include <netinet/in.h>

/*
 * The length of struct sockaddr_in6 without the scope of RFC 2553, which the kernel accepts too:
 * SIN6_LEN_RFC2133.
 */
enum { IPV6_LENGTH = 24 };

struct endpoint endpoint_of(const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
	struct endpoint found = { .port = 0 };

	if (length >= sizeof(*ipv4) && address->sa_family == AF_INET)
		found.address = address_ipv4(&ipv4->sin_addr);
	else if (length >= IPV6_LENGTH && address->sa_family == AF_INET6)
		found.address = address_ipv6(&ipv6->sin6_addr);
	/* sin_port and sin6_port are in the same place. */
	if (found.address.family)
		found.port = address_port(&ipv4->sin_port);
	return found;
}

struct endpoint endpoint_asked(name_function *call, int fd)
{
	struct sockaddr_in6 storage;
	struct sockaddr *address = (struct sockaddr *)&storage;
	socklen_t length = sizeof(storage);

	if (!call || call(fd, address, &length) != 0)
		length = 0;
	return endpoint_of(address, length);
}

void text_endpoint(struct text *text, const struct endpoint *end)
{
	if (end->address.family == ADDRESS_IPV6) {
		text_char(text, '[');
		text_address(text, &end->address);
		text_char(text, ']');
	} else {
		text_address(text, &end->address);
	}
	text_char(text, ':');
	text_number(text, end->port);
}
