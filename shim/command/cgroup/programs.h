/*
 * programs: what runs in the kernel for the sockets of a control group, made from the settings.
 *
 * connect4, connect6: before the SYN, in connect(2) and what does the same without it
 * (TCP_FASTOPEN, io_uring). sock_ops: listeners in listen(2); what was accepted, if rules ask for
 * its peer or its listener is older; connections that were on their way when the programs came;
 * MPTCP's subflows, whose socket takes SO_KEEPALIVE alone. setsockopt: if something is forced.
 * sock_create: at socket(2), where the kernel (7.2) lets it: the values, if one profile is for all.
 *
 * An option that does not have the value of a new socket is somebody's, and stays: the program's, a
 * preload's, an inner group's; unless the same group's programs gave it, for another peer (enum
 * entry). If groups are nested, the inner one's programs run first (Linux
 * compute_effective_progs()), so theirs is what the outer ones find.
 */
#ifndef KEEPALIVE_PROGRAMS_H
#define KEEPALIVE_PROGRAMS_H

#include <sys/types.h>

#include "cgroup/assembler.h"
#include "decide.h"

/* What is kept with a socket; 32 bits each. Shared by all groups: see socket_map(). */
enum entry {
	ENTRY_OWNER, /* whose programs decided about this socket: ends the matter for others' */
	ENTRY_HELD,  /* options that the program cannot change: bits 1 << enum sockopt. Not 0: outer
		      * groups that force leave it alone too */
	ENTRY_GIVEN, /* options that were set by us: bits */
	ENTRY_VALUE, /* ... and to what */
	ENTRY_WORDS = ENTRY_VALUE + OPTIONS
};

/* In ENTRY_HELD: off, and the program may do as it likes. */
enum { ENTRY_SETTLED = 1 << OPTIONS };

enum program_kind {
	PROGRAM_SETSOCKOPT, /* first, so that nothing is set in between */
	PROGRAM_SOCK_OPS,
	PROGRAM_CONNECT4,
	PROGRAM_CONNECT6,
	PROGRAM_SOCK_CREATE,
	PROGRAMS
};

/* As bpftool(8) and BPFProgram= of systemd.exec(5) call it: "connect4". */
const char *program_name(enum program_kind kind);
enum bpf_attach_type program_attach_type(enum program_kind kind);
enum bpf_prog_type program_type(enum program_kind kind);

/* Whether the settings need it. */
bool program_is_needed(const struct settings *settings, enum program_kind kind);

/*
 * Whether a listener gets its options: not if rules ask for the peer, so that what is accepted from
 * it shows whether anybody else has configured it.
 */
bool programs_arm_listeners(const struct settings *settings);

enum { NAMESPACES_MAX = 32 };

/* What a new socket has, in the network namespaces that matter: such a value nobody has set. */
struct untouched {
	ino_t space[NAMESPACES_MAX]; /* 0: any */
	struct values in[NAMESPACES_MAX];
	unsigned count; /* at least 1; the first is what is given back */
};

struct emission {
	const struct settings *settings;
	const struct untouched *untouched;
	int socket_map;
	uint32_t owner; /* for ENTRY_OWNER; not 0 */
};

/* Appends the program to an empty assembly, finished. */
void program_emit(struct assembly *assembly, enum program_kind kind,
		  const struct emission *emission);

#endif
