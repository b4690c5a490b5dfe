/*
 * assembler: builds programs for the kernel's BPF machine, with labels as jump targets.
 *
 * See Documentation/bpf/standardization/instruction-set.rst of Linux. Registers 6 to 9 survive
 * calls, 1 to 5 are arguments, 0 is the result, and BPF_REG_10 points to the end of the stack.
 */
#ifndef KEEPALIVE_ASSEMBLER_H
#define KEEPALIVE_ASSEMBLER_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "sockopt_names.h"

struct jump;

struct assembly {
	struct bpf_insn *code;
	size_t length, room;
	size_t *labels; /* where each is; set by emit_label() */
	size_t label_count, label_room;
	struct jump *jumps;
	size_t jump_count, jump_room;
};

typedef size_t label;

/* A label to be placed once, before or after jumps to it. */
label label_new(struct assembly *assembly);
void emit_label(struct assembly *assembly, label here);

void emit_set(struct assembly *assembly, int to, int32_t number);
void emit_move(struct assembly *assembly, int to, int from);

/* BPF_AND, BPF_OR, BPF_ADD, BPF_MUL … of the register's lower 32 bits; the upper become zero. */
void emit_number(struct assembly *assembly, int operation, int to, uint32_t number);
void emit_register(struct assembly *assembly, int operation, int to, int from);

/* to = base + offset, a pointer. */
void emit_pointer(struct assembly *assembly, int to, int base, int32_t offset);

/* The lower 16 bits from the machine's byte order into the network's, or back. */
void emit_swap_port(struct assembly *assembly, int reg);

/* size: BPF_B, BPF_H, BPF_W, BPF_DW. */
void emit_load(struct assembly *assembly, int size, int to, int base, int offset);
void emit_store(struct assembly *assembly, int size, int base, int offset, int from);
/* 32 bits. */
void emit_store_number(struct assembly *assembly, int base, int offset, uint32_t number);

/* The address of the map that is open as fd. */
void emit_map(struct assembly *assembly, int to, int fd);

void emit_call(struct assembly *assembly, int function);
/*
 * Calls bpf_getsockopt() or bpf_setsockopt() (function) for the option, with its value in the 32
 * bits at base + offset. subject is the register with the socket or with the context. Register 0 is
 * 0 on success.
 */
void emit_sockopt(struct assembly *assembly, int function, enum sockopt option, int subject,
		  int base, int offset);
void emit_exit(struct assembly *assembly);

void emit_jump(struct assembly *assembly, label to);

/*
 * Jumps if the lower 32 bits compare as given: BPF_JEQ, BPF_JNE, BPF_JLT, BPF_JGT, BPF_JSGT,
 * BPF_JSET …
 */
void emit_jump_if(struct assembly *assembly, int comparison, int reg, uint32_t number, label to);
void emit_jump_if_register(struct assembly *assembly, int comparison, int reg, int other, label to);

/* Jumps if the pointer is NULL; if it is not; if one pointer is above another. */
void emit_jump_if_null(struct assembly *assembly, int pointer, label to);
void emit_jump_if_above(struct assembly *assembly, int pointer, int other, label to);

/* Fills in the distances of the jumps. Every label that is used must have been placed. */
void assembly_finish(struct assembly *assembly);
void assembly_free(struct assembly *assembly);

#endif
