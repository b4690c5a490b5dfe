/* assembler: builds BPF programs instruction by instruction and resolves their jumps. */
#include "cgroup/assembler.h"

#include <stdlib.h>

#include "base/array.h"

struct jump {
	size_t from; /* number of the instruction */
	label to;
};

static void add(struct assembly *assembly, int code, int to, int from, int offset, int32_t number)
{
	assembly->code = array_room(assembly->code, assembly->length, &assembly->room,
				    sizeof(*assembly->code));
	assembly->code[assembly->length++] = (struct bpf_insn){
		.code = (__u8)code,
		.dst_reg = (__u8)(to & 0xf),
		.src_reg = (__u8)(from & 0xf),
		.off = (__s16)offset,
		.imm = number,
	};
}

label label_new(struct assembly *assembly)
{
	assembly->labels = array_room(assembly->labels, assembly->label_count,
				      &assembly->label_room, sizeof(*assembly->labels));
	assembly->labels[assembly->label_count] = 0;
	return assembly->label_count++;
}

void emit_label(struct assembly *assembly, label here)
{
	assembly->labels[here] = assembly->length;
}

void emit_set(struct assembly *assembly, int to, int32_t number)
{
	add(assembly, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, number);
}

void emit_move(struct assembly *assembly, int to, int from)
{
	add(assembly, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void emit_number(struct assembly *assembly, int operation, int to, uint32_t number)
{
	add(assembly, BPF_ALU | operation | BPF_K, to, 0, 0, (int32_t)number);
}

void emit_register(struct assembly *assembly, int operation, int to, int from)
{
	add(assembly, BPF_ALU | operation | BPF_X, to, from, 0, 0);
}

void emit_pointer(struct assembly *assembly, int to, int base, int32_t offset)
{
	emit_move(assembly, to, base);
	add(assembly, BPF_ALU64 | BPF_ADD, to, 0, 0, offset); /* BPF_K, which is 0 */
}

void emit_swap_port(struct assembly *assembly, int reg)
{
	add(assembly, BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, 16);
}

void emit_load(struct assembly *assembly, int size, int to, int base, int offset)
{
	add(assembly, BPF_LDX | BPF_MEM | size, to, base, offset, 0);
}

void emit_store(struct assembly *assembly, int size, int base, int offset, int from)
{
	add(assembly, BPF_STX | BPF_MEM | size, base, from, offset, 0);
}

void emit_store_number(struct assembly *assembly, int base, int offset, uint32_t number)
{
	add(assembly, BPF_ST | BPF_MEM | BPF_W, base, 0, offset, (int32_t)number);
}

void emit_map(struct assembly *assembly, int to, int fd)
{
	add(assembly, BPF_LD | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, fd); /* BPF_IMM, which is 0 */
	add(assembly, 0, 0, 0, 0, 0);
}

void emit_call(struct assembly *assembly, int function)
{
	add(assembly, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

void emit_sockopt(struct assembly *assembly, int function, enum sockopt option, int subject,
		  int base, int offset)
{
	emit_move(assembly, BPF_REG_1, subject);
	emit_set(assembly, BPF_REG_2, sockopt_names[option].level);
	emit_set(assembly, BPF_REG_3, sockopt_names[option].name);
	emit_pointer(assembly, BPF_REG_4, base, offset);
	emit_set(assembly, BPF_REG_5, sizeof(int32_t));
	emit_call(assembly, function);
}

void emit_exit(struct assembly *assembly)
{
	add(assembly, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The instruction that comes next jumps there. */
static void note_jump(struct assembly *assembly, label to)
{
	assembly->jumps = array_room(assembly->jumps, assembly->jump_count, &assembly->jump_room,
				     sizeof(*assembly->jumps));
	assembly->jumps[assembly->jump_count++] = (struct jump){ assembly->length, to };
}

void emit_jump(struct assembly *assembly, label to)
{
	note_jump(assembly, to);
	add(assembly, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

void emit_jump_if(struct assembly *assembly, int comparison, int reg, uint32_t number, label to)
{
	note_jump(assembly, to);
	add(assembly, BPF_JMP32 | comparison | BPF_K, reg, 0, 0, (int32_t)number);
}

void emit_jump_if_register(struct assembly *assembly, int comparison, int reg, int other, label to)
{
	note_jump(assembly, to);
	add(assembly, BPF_JMP32 | comparison | BPF_X, reg, other, 0, 0);
}

void emit_jump_if_null(struct assembly *assembly, int pointer, label to)
{
	note_jump(assembly, to);
	add(assembly, BPF_JMP | BPF_JEQ | BPF_K, pointer, 0, 0, 0);
}

void emit_jump_if_above(struct assembly *assembly, int pointer, int other, label to)
{
	note_jump(assembly, to);
	add(assembly, BPF_JMP | BPF_JGT | BPF_X, pointer, other, 0, 0);
}

void assembly_finish(struct assembly *assembly)
{
	for (size_t i = 0; i < assembly->jump_count; i++) {
		size_t from = assembly->jumps[i].from;

		assembly->code[from].off =
			(__s16)(assembly->labels[assembly->jumps[i].to] - from - 1);
	}
}

void assembly_free(struct assembly *assembly)
{
	free(assembly->code);
	free(assembly->labels);
	free(assembly->jumps);
	*assembly = (struct assembly){ 0 };
}
