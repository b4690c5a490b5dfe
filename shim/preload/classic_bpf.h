/*
 * classic_bpf: runs a program's seccomp(2) filter for one of the shim's calls, without making it.
 */
#ifndef KEEPALIVE_CLASSIC_BPF_H
#define KEEPALIVE_CLASSIC_BPF_H

#include <stdbool.h>
#include <stdint.h>

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

/* One of our calls. Bit i of known: argument i always has this value; otherwise it may have any. */
struct call {
	int16_t number;
	uint8_t known;
	uint8_t argument[3];
};

/*
 * Whether the filter allows the call, or fails it with an error number, whatever the arguments are
 * that are not known: classic BPF, Documentation/networking/filter.rst. number: of the call, which
 * may be made in another form than its own.
 */
bool classic_bpf_allows(const struct filter *filter, const struct call *call, int number);

#endif
