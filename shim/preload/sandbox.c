/*
 * sandbox: runs the program's seccomp filters for the calls that the shim makes, and makes only
 * those that they allow.
 */
#include "sandbox.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "classic_bpf.h"
#include "memory.h"
#include "sockopt_names.h"
#include "system.h"

#define ANY(name) \
	{ \
		SYS_##name, 0, \
		{ \
			0, 0, 0 \
		} \
	}
#define SET(level, name) \
	{ \
		SYS_setsockopt, 6, \
		{ \
			0, level, name \
		} \
	}
#define GET(level, name) \
	{ \
		SYS_getsockopt, 6, \
		{ \
			0, level, name \
		} \
	}

static const struct call calls[] = {
	/* In the order of enum sockopt, for sandbox_forbids(). */
	SET(IPPROTO_TCP, TCP_KEEPIDLE),
	SET(IPPROTO_TCP, TCP_KEEPINTVL),
	SET(IPPROTO_TCP, TCP_KEEPCNT),
	SET(IPPROTO_TCP, TCP_USER_TIMEOUT),
	SET(IPPROTO_TCP, TCP_RTO_MAX_MS),
	SET(SOL_SOCKET, SO_KEEPALIVE),
	GET(IPPROTO_TCP, TCP_KEEPIDLE),
	GET(IPPROTO_TCP, TCP_KEEPINTVL),
	GET(IPPROTO_TCP, TCP_KEEPCNT),
	GET(IPPROTO_TCP, TCP_USER_TIMEOUT),
	GET(IPPROTO_TCP, TCP_RTO_MAX_MS),
	GET(SOL_SOCKET, SO_KEEPALIVE),
	GET(SOL_SOCKET, SO_PROTOCOL),
	GET(SOL_SOCKET, SO_TYPE),
	GET(SOL_SOCKET, SO_PEERNAME),
	GET(SOL_SOCKET, SO_ACCEPTCONN),
	ANY(getsockname),
	ANY(getpeername),
	ANY(close),
	ANY(fcntl),
	ANY(geteuid),
	ANY(getpid),
	ANY(ioctl),
	ANY(openat),
	ANY(ppoll),
	ANY(read),
	ANY(rt_sigpending),
	ANY(rt_sigprocmask),
	ANY(rt_sigtimedwait),
	ANY(sendto),
#ifdef SYS_statx
	ANY(statx),
#endif
	ANY(write),
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

/*
 * How many filters forbid the call, among those that are installed or about to be. Not all
 * architectures can add to less than a word.
 */
static uint32_t forbidden[CALLS];
static struct next unguarded; /* what the guards call */

#ifdef SYS_socketcall
/*
 * The number of SYS_socketcall by which older C libraries make this call on 32-bit x86; 0 for none.
 */
static uint8_t number_of_socketcall(int number)
{
	switch (number) {
	case SYS_getsockname:
		return 6;
	case SYS_getpeername:
		return 7;
	case SYS_setsockopt:
		return 14;
	case SYS_getsockopt:
		return 15;
	default:
		return 0;
	}
}
#endif

static bool allows_in_any_form(const struct filter *filter, const struct call *call)
{
#ifdef SYS_socketcall
	uint8_t number = number_of_socketcall(call->number);
	const struct call bundled = { SYS_socketcall, 1, { number, 0, 0 } };

	if (number && !classic_bpf_allows(filter, &bundled, SYS_socketcall))
		return false;
#endif
	return classic_bpf_allows(filter, call, call->number);
}

/* argument: of setsockopt and getsockopt, the level and the name. */
static bool is_allowed(long number, int level, int name)
{
	for (unsigned i = 0; i < CALLS; i++) {
		const struct call *call = &calls[i];

		if (call->number == number &&
		    (call->known != 6 || (call->argument[1] == level && call->argument[2] == name)))
			return !__atomic_load_n(&forbidden[i], __ATOMIC_RELAXED);
	}
	return false;
}

static int refused(void)
{
	errno = EPERM;
	return -1;
}

static int guarded_set_option(int fd, int level, int name, const void *value, socklen_t length)
{
	return is_allowed(SYS_setsockopt, level, name)
		       ? unguarded.set_option(fd, level, name, value, length)
		       : refused();
}

static int guarded_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	return is_allowed(SYS_getsockopt, level, name)
		       ? unguarded.getsockopt(fd, level, name, value, length)
		       : refused();
}

static int guarded_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
	return is_allowed(SYS_getsockname, 0, 0) ? unguarded.getsockname(fd, address, length)
						 : refused();
}

static int guarded_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
	return is_allowed(SYS_getpeername, 0, 0) ? unguarded.getpeername(fd, address, length)
						 : refused();
}

static long guarded_syscall(long number, ...)
{
	va_list list;
	long argument[6];

	if (!is_allowed(number, 0, 0))
		return refused();
	va_start(list, number);
	for (unsigned i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	return unguarded.syscall(number, argument[0], argument[1], argument[2], argument[3],
				 argument[4], argument[5]);
}

/*
 * Whether these 8 bytes can be read: rt_sigprocmask(2) copies its second argument before it refuses
 * the first. If a filter answers instead, that is not known.
 */
static bool is_there(const void *bytes)
{
	enum { NO_SUCH_WAY = -1 };

	return libc->syscall(SYS_rt_sigprocmask, NO_SUCH_WAY, bytes, NULL, 8) == -1 &&
	       errno == EINVAL;
}

/* If it is empty, which the kernel refuses, the answer does not matter. */
static bool is_readable(const struct filter *program)
{
	return is_there(&program->instructions) &&
	       is_there(program->instructions + program->length - 1);
}

/* change: 1 or -1. */
static void count(const struct filter *program, int change)
{
	for (unsigned i = 0; i < CALLS; i++) {
		if (!program || !allows_in_any_form(program, &calls[i]))
			__atomic_fetch_add(&forbidden[i], (uint32_t)change, __ATOMIC_RELAXED);
	}
}

/* Several threads may do this at a time: what is guarded already is not taken for what was found. */
#define GUARD(member) \
	do { \
		__typeof__(libc->member) found = libc->member; \
		if (found != guarded_##member) { \
			unguarded.member = found; \
			__atomic_store_n(&libc->member, guarded_##member, __ATOMIC_RELEASE); \
		} \
	} while (0)

const void *sandbox_begin(const void *program)
{
	if (!configuration())
		return NULL;
	if (program && !is_readable(program))
		program = NULL;
	count(program, 1);
	GUARD(set_option);
	GUARD(getsockopt);
	GUARD(getsockname);
	GUARD(getpeername);
	GUARD(syscall);
	return program;
}

void sandbox_failed(const void *program)
{
	if (configuration())
		count(program, -1);
}

bool sandbox_forbids(enum sockopt option)
{
	return __atomic_load_n(&forbidden[option], __ATOMIC_RELAXED);
}
