/* endpoint: see endpoint.h. */
#include "sockets/endpoint.h"

#include <netinet/in.h>

struct endpoint endpoint_of(const struct sockaddr_storage *address, size_t length)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;

	if (length >= sizeof(*ipv4) && address->ss_family == AF_INET)
		return (struct endpoint){ address_ipv4(&ipv4->sin_addr), ntohs(ipv4->sin_port) };
	if (length >= sizeof(*ipv6) && address->ss_family == AF_INET6)
		return (struct endpoint){ address_ipv6(&ipv6->sin6_addr), ntohs(ipv6->sin6_port) };
	return (struct endpoint){ .port = 0 };
}

struct endpoint endpoint_local(int fd)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &length) == 0
		       ? endpoint_of(&address, length)
		       : (struct endpoint){ .port = 0 };
}

struct endpoint endpoint_peer(int fd)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	return getpeername(fd, (struct sockaddr *)&address, &length) == 0
		       ? endpoint_of(&address, length)
		       : (struct endpoint){ .port = 0 };
}
