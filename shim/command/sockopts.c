/* sockopts: see sockopts.h. */
#include "sockopts.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* Linux 6.15 */
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 /* Linux 5.6 */
#endif

const struct sockopt_name sockopt_names[OPTIONS] = {
	[OPTION_IDLE] = { IPPROTO_TCP, TCP_KEEPIDLE },
	[OPTION_INTERVAL] = { IPPROTO_TCP, TCP_KEEPINTVL },
	[OPTION_COUNT] = { IPPROTO_TCP, TCP_KEEPCNT },
	[OPTION_USER_TIMEOUT] = { IPPROTO_TCP, TCP_USER_TIMEOUT },
	[OPTION_RTO_MAX] = { IPPROTO_TCP, TCP_RTO_MAX_MS },
	[OPTION_KEEPALIVE] = { SOL_SOCKET, SO_KEEPALIVE },
};

static bool get(int fd, enum sockopt option, int32_t *value)
{
	socklen_t length = sizeof(*value);

	return getsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, value,
			  &length) == 0;
}

static void set(int fd, enum sockopt option, int32_t value)
{
	setsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, &value,
		   sizeof(value));
}

bool sockopts_apply_to(int fd)
{
	int protocol;
	socklen_t length = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 &&
	       (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

void sockopts_arm(int fd, const struct profile *profile)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			set(fd, i, profile->value[i]);
	}
}

/* What a new socket has where the profile leaves an option to the kernel. */
static void fill(struct profile *profile)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (unsigned i = 0; i < OPTIONS && fd >= 0; i++) {
		if (!profile->value[i])
			get(fd, i, &profile->value[i]);
	}
	if (fd >= 0)
		close(fd);
}

void sockopts_apply(int fd, const struct profile *was, const struct profile *profile)
{
	struct profile expected = *was, wanted = *profile;
	int32_t now;

	if (!get(fd, OPTION_KEEPALIVE, &now))
		return;
	if (now && !was->value[OPTION_KEEPALIVE] && !profile->force)
		return;
	fill(&expected);
	fill(&wanted);
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (!get(fd, i, &now) || now == wanted.value[i])
			continue;
		if (profile->force ? profile->value[i] || i == OPTION_KEEPALIVE
				   : now == expected.value[i])
			set(fd, i, wanted.value[i]);
	}
}
