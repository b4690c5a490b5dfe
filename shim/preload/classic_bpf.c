/* classic_bpf: an interpreter of seccomp filters. */
#include "classic_bpf.h"

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

enum { SCRATCH = 16, OFFSET_ARGUMENTS = 16 };

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

bool classic_bpf_allows(const struct filter *filter, const struct call *call, int number)
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
