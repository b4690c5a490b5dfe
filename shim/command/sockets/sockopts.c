/* sockopts: see sockopts.h. */
#include "sockets/sockopts.h"

#include <errno.h>
#include <unistd.h>

#include "sockopt_names.h"

int sockopt_get(int fd, enum sockopt option, int32_t *value)
{
	socklen_t length = sizeof(*value);

	return getsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, value,
			  &length) == 0
		       ? 0
		       : errno;
}

int sockopt_set(int fd, enum sockopt option, int32_t value)
{
	return setsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, &value,
			  sizeof(value)) == 0
		       ? 0
		       : errno;
}

static int number_of(int fd, int name)
{
	int value;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

bool sockopts_apply_to(int fd, bool *mptcp)
{
	int domain = number_of(fd, SO_DOMAIN), protocol = number_of(fd, SO_PROTOCOL);

	if (mptcp)
		*mptcp = protocol == IPPROTO_MPTCP;
	return (domain == AF_INET || domain == AF_INET6) &&
	       (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
	       number_of(fd, SO_TYPE) == SOCK_STREAM;
}

void sockopts_arm(int fd, const struct profile *profile)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			sockopt_set(fd, i, profile->value[i]);
	}
}

/* What a new socket has, in place of what the profiles leave to the kernel. */
static void fill(struct profile *a, struct profile *b)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int32_t value;

	for (unsigned i = 0; i < OPTIONS && fd >= 0; i++) {
		if (sockopt_get(fd, i, &value) != 0)
			continue;
		if (!a->value[i])
			a->value[i] = value;
		if (!b->value[i])
			b->value[i] = value;
	}
	if (fd >= 0)
		close(fd);
}

void sockopts_apply(int fd, const struct profile *was, const struct profile *profile)
{
	struct profile expected = *was, wanted = *profile;
	int32_t now;

	fill(&expected, &wanted);
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (sockopt_get(fd, i, &now) != 0 || now == wanted.value[i])
			continue;
		if (profile->force ? profile->value[i] || i == OPTION_KEEPALIVE
				   : now == expected.value[i])
			sockopt_set(fd, i, wanted.value[i]);
	}
}
