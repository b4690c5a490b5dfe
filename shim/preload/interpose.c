/*
 * interpose: the hooks. All look alike: make sure we are set up, call the next definition, let the
 * policy act on the result, and return the result.
 */
#include "hooks.h"

#include <sys/prctl.h>

#include "fastpath.h"
#include "libc.h"
#include "options.h"
#include "policy.h"
#include "sandbox.h"
#include "setup.h"

enum { FILTER_MODE = 2 }; /* SECCOMP_MODE_FILTER */

/* The program does not see our errno. */
#define QUIETLY(call) \
	do { \
		int *errno_ = &errno, error_ = *errno_; \
		call; \
		*errno_ = error_; \
	} while (0)

int hook_socket(int domain, int type, int protocol)
{
	const struct next *next = set_up();
	int fd = next->socket(domain, type, protocol);

	if (fd >= 0)
		QUIETLY(created(fd, domain, type, protocol));
	return fd;
}

int hook_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	const struct next *next = set_up();
	int result;

	if (!fastpath_before_connect(fd))
		QUIETLY(policy_before_connect(fd));
	result = next->connect(fd, address, length);
	if ((result == 0 || errno == EINPROGRESS || errno == EINTR) &&
	    !fastpath_after_connect(fd, result))
		QUIETLY(policy_after_connect(fd, result, address, length));
	return result;
}

int hook_accept(int fd, struct sockaddr *address, socklen_t *length)
{
	const struct next *next = set_up();
	int accepted;

	if (!fastpath_before_accept(fd))
		QUIETLY(policy_before_accept(fd));
	accepted = next->accept(fd, address, length);
	if (accepted >= 0 && !fastpath_after_accept(fd, accepted))
		QUIETLY(policy_after_accept(fd, accepted));
	return accepted;
}

int hook_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	const struct next *next = set_up();
	int accepted;

	if (!fastpath_before_accept(fd))
		QUIETLY(policy_before_accept(fd));
	accepted = next->accept4(fd, address, length, flags);
	if (accepted >= 0 && !fastpath_after_accept(fd, accepted))
		QUIETLY(policy_after_accept(fd, accepted));
	return accepted;
}

int hook_listen(int fd, int backlog)
{
	const struct next *next = set_up();
	int result;

	QUIETLY(policy_before_listen(fd));
	result = next->listen(fd, backlog);
	if (result == 0)
		QUIETLY(policy_after_listen(fd));
	return result;
}

int hook_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	const struct next *next = set_up();
	int result = next->setsockopt(fd, level, name, value, length);
	unsigned bit = option_bit(level, name);

	if (result == 0 && bit)
		QUIETLY(policy_after_setsockopt(fd, level, bit));
	return result;
}

int hook_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	const struct next *next = set_up();
	const void *program;
	int result;

	if (option != PR_SET_SECCOMP)
		return next->prctl(option, a, b, c, d);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): prctl(2) takes its pointer as a number */
	program = a == FILTER_MODE ? (const void *)b : NULL;
	QUIETLY(program = sandbox_begin(program));
	result = next->prctl(option, a, b, c, d);
	if (result != 0)
		QUIETLY(sandbox_failed(program));
	return result;
}

#if __SIZEOF_LONG__ == 4
int hook_prctl64(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
	__attribute__((alias("prctl")));
int hook_setsockopt64(int fd, int level, int name, const void *value, socklen_t length)
	__attribute__((alias("setsockopt")));
#endif
