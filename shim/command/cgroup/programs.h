/*
 * programs: the BPF programs for the sockets of a control group, made from the settings.
 *
 * connect4, connect6: before the SYN, in connect(2) and its equivalents (TCP_FASTOPEN, io_uring).
 * sock_ops: listeners in listen(2); accepted sockets, if rules need their peer or their listener is
 * older; connections that were in progress when the programs were attached; MPTCP's subflows,
 * because an MPTCP socket accepts only SO_KEEPALIVE. setsockopt: notes which options the application
 * sets, and holds what is forced.
 * sock_create: the values in socket(2), if the kernel (7.2) allows it and one profile applies to
 * all sockets.
 *
 * An option that the application or a preload has set stays. A new socket's values do not tell: the
 * sysctls may change at any time, and each network namespace has its own. In nested groups the inner
 * group's programs run first (Linux compute_effective_progs()), so the outer ones find its entry
 * (enum entry), or all its values.
 */
#ifndef KEEPALIVE_PROGRAMS_H
#define KEEPALIVE_PROGRAMS_H

#include <sys/types.h>

#include "cgroup/assembler.h"
#include "decide.h"

/* The words that are stored with a socket, 32 bits each; shared by all groups: see socket_map(). */
enum entry {
	ENTRY_OWNER, /* the group whose programs decided about this socket; those of other groups leave it alone */
	ENTRY_HELD, /* options that the application cannot change: bits 1 << enum sockopt. If not 0, outer groups with mode=force leave it alone too */
	ENTRY_GIVEN, /* options that we set: bits */
	ENTRY_VALUE, /* and their values */
	ENTRY_WORDS = ENTRY_VALUE + OPTIONS
};

/* In ENTRY_HELD: nothing is held, but outer groups leave the socket alone even with mode=force. */
enum { ENTRY_SETTLED = 1 << OPTIONS };

/*
 * In the words of another map, whose entries accepted sockets inherit from their listener: the
 * options that the application has set since its group has our programs: bits.
 */
enum { OWNED_WORDS = 1 };

/* In the order in which they are attached. */
enum program_kind {
	PROGRAM_SETSOCKOPT,  /* first, so that no socket option is set in between */
	PROGRAM_SOCK_CREATE, /* not last: which kernels have it cannot be seen later */
	PROGRAM_CONNECT4,
	PROGRAM_CONNECT6,
	PROGRAM_SOCK_OPS,
	PROGRAMS
};

/* Its name in bpftool(8) and in BPFProgram= of systemd.exec(5): "connect4". */
const char *program_name(enum program_kind kind);
enum bpf_attach_type program_attach_type(enum program_kind kind);
enum bpf_prog_type program_type(enum program_kind kind);

/* Whether the settings need this program. */
bool program_is_needed(const struct settings *settings, enum program_kind kind);

/*
 * Whether listeners get options. They do not if rules need the peer, so that an accepted socket
 * shows whether anybody else has configured it.
 */
bool programs_arm_listeners(const struct settings *settings);

/*
 * The values of a new socket in the network namespaces that matter, each set of values once; an option
 * with such a value was set by nobody. The first is the one that is restored.
 */
struct untouched {
	struct values *in;
	size_t count, room;
	struct namespace_values *spaces; /* which are whose: untouched.c */
	size_t space_count, space_room;
};

struct emission {
	const struct settings *settings;
	const struct untouched *untouched;
	int socket_map, owned_map;
	uint32_t owner; /* for ENTRY_OWNER; not 0 */
};

/* Writes the complete program to an empty assembly. */
void program_emit(struct assembly *assembly, enum program_kind kind,
		  const struct emission *emission);

#endif
