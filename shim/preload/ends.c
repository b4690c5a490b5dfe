/* ends: see ends.h. */
#include "ends.h"

#include <netinet/in.h>

struct address end_of(const struct sockaddr *address, socklen_t length, uint16_t *port)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
	struct address found = { .family = ADDRESS_NONE };

	if (length >= sizeof(*ipv4) && address->sa_family == AF_INET)
		found = address_ipv4(&ipv4->sin_addr);
	else if (length >= sizeof(*ipv6) && address->sa_family == AF_INET6)
		found = address_ipv6(&ipv6->sin6_addr);
	/* sin_port and sin6_port are in the same place. */
	*port = found.family ? address_port(&ipv4->sin_port) : 0;
	return found;
}

struct address end_asked(name_function *call, int fd, uint16_t *port)
{
	struct sockaddr_in6 storage;
	struct sockaddr *address = (struct sockaddr *)&storage;
	socklen_t length = sizeof(storage);

	if (call(fd, address, &length) != 0)
		length = 0;
	return end_of(address, length, port);
}
