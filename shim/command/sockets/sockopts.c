/* sockopts: reads and sets the keepalive options of a descriptor. */
#include "sockets/sockopts.h"

#include <errno.h>
#include <unistd.h>

#include "sockopt_names.h"

static int sockopt_get(int fd, enum sockopt option, int32_t *value)
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

void sockopts_read(int fd, struct values *values)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (sockopt_get(fd, i, &values->value[i]) != 0)
			values->value[i] = VALUE_UNKNOWN;
	}
}

const struct values *sockopts_of_kernel(void)
{
	static struct values values;
	static bool read;
	int fd;

	if (!read) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		sockopts_read(fd, &values);
		if (fd >= 0)
			close(fd);
		read = true;
	}
	return &values;
}

struct standing sockopts_apply(int fd, const struct settings *settings, unsigned given,
			       unsigned owned, unsigned number)
{
	struct decision decision;
	struct standing before;
	struct values now;

	sockopts_read(fd, &now);
	before = standing_of(settings, given, owned, &now, sockopts_of_kernel());
	before.owned |= owned;
	decision = decide_from(settings, before, number, &now, sockopts_of_kernel());
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (decision.set & 1U << i)
			sockopt_set(fd, i, decision.setting.value[i]);
	}
	return decision.after;
}
