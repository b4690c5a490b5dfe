/* peer: see peer.h. */
#include "peer.h"

#include <netinet/in.h>

struct peer peer_of(const struct sockaddr_storage *address, socklen_t length)
{
	struct peer peer = { { .family = ADDRESS_NONE }, 0 };

	if (address->ss_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;

		peer.address = address_ipv4(&ipv4->sin_addr);
		peer.port = ntohs(ipv4->sin_port);
	} else if (address->ss_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
		const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;

		peer.address = address_ipv6(&ipv6->sin6_addr);
		peer.port = ntohs(ipv6->sin6_port);
	}
	return peer;
}

struct peer peer_remote(int fd)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	getpeername(fd, (struct sockaddr *)&address, &length);
	return peer_of(&address, length);
}

struct peer peer_local(int fd)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &length);
	return peer_of(&address, length);
}
