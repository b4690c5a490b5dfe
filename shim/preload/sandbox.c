/*
 * sandbox: runs the program's seccomp filters for the calls that the shim makes, and makes only
 * those that they allow.
 */
#include "sandbox.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "sockopt_names.h"
#include "system.h"

/* <linux/filter.h>, <linux/seccomp.h>, which are not on every system that builds this. */
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t k;
};

struct filter {
	unsigned short length;
	const struct instruction *instructions;
};

enum { RETURN_ALLOW = 0x7fff0000, RETURN_LOG = 0x7ffc0000, RETURN_ERRNO = 0x00050000 };

#if defined(__x86_64__)
#define ARCHITECTURE 0xc000003e
#elif defined(__aarch64__)
#define ARCHITECTURE 0xc00000b7
#elif defined(__i386__)
#define ARCHITECTURE 0x40000003
#elif defined(__arm__)
#define ARCHITECTURE 0x40000028
#elif defined(__riscv)
#define ARCHITECTURE 0xc00000f3
#else
#define ARCHITECTURE 0
#endif

/* One of our calls. Bit i of known: argument i always has this value; otherwise it may have any. */
struct call {
	int16_t number;
	uint8_t known;
	uint8_t argument[3];
};

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
	/* In the order of enum sockopt. */
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

enum { CALLS = sizeof(calls) / sizeof(calls[0]), SCRATCH = 16, OFFSET_ARGUMENTS = 16 };

/* Bytes that are only ever set, so that threads do not undo each other's changes. */
static uint8_t forbidden[CALLS];
static unsigned unknown;      /* how many threads are installing a filter */
static struct next unguarded; /* what the guards call */

/* A word of struct seccomp_data. Returns false if it is not known beforehand. */
static bool load(const struct call *call, int number, uint32_t offset, uint32_t *word)
{
	uint32_t argument = (offset - OFFSET_ARGUMENTS) / 8;

	if (offset == 0) {
		*word = (uint32_t)number;
	} else if (offset == 4) {
		*word = ARCHITECTURE;
	} else if (offset >= OFFSET_ARGUMENTS && argument < 3 && call->known & 1U << argument) {
		/* The lower half comes first: all our architectures are little-endian. */
		*word = offset % 8 ? 0 : call->argument[argument];
	} else {
		return false;
	}
	return true;
}

static uint32_t compute(uint16_t operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case 0x00:
		return a + b;
	case 0x10:
		return a - b;
	case 0x20:
		return a * b;
	case 0x40:
		return a | b;
	case 0x50:
		return a & b;
	case 0x60:
		return b < 32 ? a << b : 0;
	case 0x70:
		return b < 32 ? a >> b : 0;
	case 0x80:
		return -a;
	case 0xa0:
		return a ^ b;
	default: /* what seccomp(2) refuses */
		return 0;
	}
}

static bool compare(uint16_t comparison, uint32_t a, uint32_t b)
{
	switch (comparison) {
	case 0x10:
		return a == b;
	case 0x20:
		return a > b;
	case 0x30:
		return a >= b;
	default:
		return a & b;
	}
}

/* What the filter would do with the call: classic BPF, Documentation/networking/filter.rst. */
static bool allows(const struct filter *filter, const struct call *call, int number)
{
	uint32_t a = 0, x = 0, action, scratch[SCRATCH] = { 0 };

	for (unsigned at = 0; at < filter->length; at++) {
		const struct instruction *now = &filter->instructions[at];
		uint32_t operand = now->code & 8 ? x : now->k;
		uint32_t *to = now->code & 1 ? &x : &a;

		switch (now->code & 7) {
		case 0: /* LD, LDX */
		case 1:
			if ((now->code & 0xe0) == 0x00)
				*to = now->k;
			else if ((now->code & 0xe0) == 0x60)
				*to = scratch[now->k % SCRATCH];
			else if ((now->code & 0xe0) == 0x80)
				*to = 64; /* sizeof(struct seccomp_data) */
			else if (!load(call, number, now->k, to))
				return false;
			break;
		case 2: /* ST, STX */
		case 3:
			scratch[now->k % SCRATCH] = now->code & 1 ? x : a;
			break;
		case 4:
			/*
			 * A division, for which 32-bit ARM needs libgcc: the result counts as
			 * unknown.
			 */
			if ((now->code & 0xf0) == 0x30)
				return false;
			a = compute(now->code & 0xf0, a, operand);
			break;
		case 5:
			if ((now->code & 0xf0) == 0 && now->k >= filter->length)
				return false; /* the kernel would have refused it */
			if ((now->code & 0xf0) == 0)
				at += now->k;
			else
				at += compare(now->code & 0xf0, a, operand) ? now->if_true
									    : now->if_false;
			break;
		case 6:
			action = (now->code & 0x18) == 0x10 ? a : now->k;
			action &= 0xffff0000;
			return action == RETURN_ALLOW || action == RETURN_LOG ||
			       action == RETURN_ERRNO;
		default: /* TAX, TXA */
			if (now->code & 0x80)
				a = x;
			else
				x = a;
		}
	}
	return false;
}

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

	if (number && !allows(filter, &bundled, SYS_socketcall))
		return false;
#endif
	return allows(filter, call, call->number);
}

/* argument: of setsockopt and getsockopt, the level and the name. */
static bool is_allowed(long number, int level, int name)
{
	if (__atomic_load_n(&unknown, __ATOMIC_RELAXED))
		return false;
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
 * the first. Assumed if a filter forbids the question, because then filters are real here.
 */
static bool is_there(const void *bytes)
{
	enum { NO_SUCH_WAY = -1 };

	return libc->syscall(SYS_rt_sigprocmask, NO_SUCH_WAY, bytes, NULL, 8) == -1 &&
	       errno != EFAULT;
}

/* If it is empty, which the kernel refuses, the answer does not matter. */
static bool is_readable(const struct filter *program)
{
	/* An earlier one that could not be read forbids all calls, from the first to the last. */
	if (forbidden[0] && forbidden[CALLS - 1])
		return false;
	return is_there(&program->instructions) &&
	       is_there(program->instructions + program->length - 1);
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
	__atomic_fetch_add(&unknown, 1, __ATOMIC_RELAXED);
	GUARD(set_option);
	GUARD(getsockopt);
	GUARD(getsockname);
	GUARD(getpeername);
	GUARD(syscall);
	return program;
}

void sandbox_end(bool installed, const void *program)
{
	if (!configuration())
		return;
	for (unsigned i = 0; installed && i < CALLS; i++) {
		if (!program || !allows_in_any_form(program, &calls[i]))
			__atomic_store_n(&forbidden[i], 1, __ATOMIC_RELAXED);
	}
	__atomic_fetch_sub(&unknown, 1, __ATOMIC_RELAXED);
}

bool sandbox_forbids(enum sockopt option)
{
	return !is_allowed(SYS_setsockopt, sockopt_names[option].level, sockopt_names[option].name);
}
