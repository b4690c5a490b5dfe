/* Looks in machine code for system calls and for the numbers that are loaded before them. */
#include "program/code.h"

#include <elf.h>
#include <string.h>

/* How far before a call its number is looked for, in bytes. */
enum { SHORTLY = 96 };

/* The numbers are the same in every kernel; this machine's headers have only its own. */
struct numbers {
	int socket, connect, accept, accept4, io_uring_setup;
};

static const struct numbers x86_numbers = { 41, 42, 43, 288, 425 };
static const struct numbers arm_numbers = { 198, 203, 202, 242, 425 };

/* A section of instructions, and what is looked for in it. */
struct code {
	const unsigned char *start, *end;
	uint64_t address; /* of start in the process */
};

/* Where the address of syscall(2) is kept, and the stubs that jump there. */
struct leads {
	uint64_t slots[4], stubs[8];
	unsigned slot_count, stub_count;
};

static void add(uint64_t *list, unsigned *count, unsigned room, uint64_t address)
{
	if (*count < room)
		list[(*count)++] = address;
}

static bool has(const uint64_t *list, unsigned count, uint64_t address)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i] == address)
			return true;
	}
	return false;
}

static bool is_slot(const struct leads *leads, uint64_t address)
{
	return has(leads->slots, leads->slot_count, address);
}

static void add_stub(struct leads *leads, uint64_t address)
{
	add(leads->stubs, &leads->stub_count, sizeof(leads->stubs) / sizeof(leads->stubs[0]),
	    address);
}

static void find_slots(const struct elf_view *view, struct leads *leads)
{
	struct elf_section section;
	struct elf_relocation relocation;

	for (unsigned i = 0; elf_view_section(view, i, &section); i++) {
		for (uint64_t j = 0; elf_view_relocation(view, &section, j, &relocation); j++) {
			if (relocation.symbol.imported &&
			    strcmp(relocation.symbol.name, "syscall") == 0)
				add(leads->slots, &leads->slot_count,
				    sizeof(leads->slots) / sizeof(leads->slots[0]),
				    relocation.address);
		}
	}
}

static int32_t read_32(const unsigned char *at)
{
	int32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t address_of(const struct code *code, const unsigned char *at)
{
	return code->address + (uint64_t)(at - code->start);
}

/* The system calls of one machine: how its code is read. */
struct machine {
	const struct numbers *numbers;
	size_t step;        /* between instructions */
	const bool *begins; /* whether one of those below begins with this byte; NULL: any may */
	/* A jump by a slot, at an instruction: a stub of the linker's, or code's own. */
	bool (*jumps_by_slot)(const struct code *, const unsigned char *, const struct leads *,
			      uint64_t *stub);
	/* A call or a jump to one of the stubs, or a call by a slot. */
	bool (*calls)(const struct code *, const unsigned char *, const struct leads *);
	/* An instruction that enters the kernel. */
	bool (*enters)(const unsigned char *);
	/* What is loaded as a number: for the kernel, or as the first argument of a function. */
	bool (*loads)(const unsigned char *, bool argument, int *number);
};

/* jmp *SLOT(%rip), mostly behind endbr64 and a prefix. */
static bool x86_jumps(const struct code *code, const unsigned char *at, const struct leads *leads,
		      uint64_t *stub)
{
	static const unsigned char landing[] = { 0xf3, 0x0f, 0x1e, 0xfa }; /* endbr64 */
	size_t prefix;

	if (at[0] != 0xff || at[1] != 0x25 ||
	    !is_slot(leads, address_of(code, at) + 6 + (uint64_t)(int64_t)read_32(at + 2)))
		return false;
	prefix = at > code->start && at[-1] == 0xf2; /* bnd */
	if ((size_t)(at - code->start) >= prefix + sizeof(landing) &&
	    memcmp(at - prefix - sizeof(landing), landing, sizeof(landing)) == 0)
		prefix += sizeof(landing);
	*stub = address_of(code, at) - prefix;
	return true;
}

static bool x86_calls(const struct code *code, const unsigned char *at, const struct leads *leads)
{
	if (at[0] == 0xe8 || at[0] == 0xe9) /* call, jmp */
		return has(leads->stubs, leads->stub_count,
			   address_of(code, at) + 5 + (uint64_t)(int64_t)read_32(at + 1));
	return at[0] == 0xff && at[1] == 0x15 && /* call *SLOT(%rip) */
	       is_slot(leads, address_of(code, at) + 6 + (uint64_t)(int64_t)read_32(at + 2));
}

static bool x86_enters(const unsigned char *at)
{
	return at[0] == 0x0f && at[1] == 0x05; /* syscall */
}

/* mov $N, %edi; push $N, pop %rdi; and the same with eax. */
static bool x86_loads(const unsigned char *at, bool argument, int *number)
{
	if (at[0] == (argument ? 0xbf : 0xb8) && at[-1] != 0x41) { /* r15d, r8d */
		*number = read_32(at + 1);
		return true;
	}
	*number = at[1];
	return at[0] == 0x6a && at[2] == (argument ? 0x5f : 0x58);
}

/* adrp x16, PAGE; ldr x17, [x16, LOW]: then a jump to x17. */
static bool arm_jumps(const struct code *code, const unsigned char *at, const struct leads *leads,
		      uint64_t *stub)
{
	static const unsigned char landing[] = { 0x5f, 0x24, 0x03, 0xd5 }; /* bti c */
	uint32_t page = (uint32_t)read_32(at), load = (uint32_t)read_32(at + 4);
	int64_t pages = (int32_t)(page << 8) >> 13 << 2 | (int32_t)(page >> 29 & 3);
	bool lands = at > code->start && memcmp(at - 4, landing, 4) == 0;

	if ((page & 0x9f00001f) != 0x90000010 || (load & 0xffc003ff) != 0xf9400211)
		return false;
	*stub = address_of(code, at) - (lands ? 4 : 0);
	return is_slot(leads, (address_of(code, at) & ~0xfffULL) + (uint64_t)pages * 4096 +
				      (load >> 10 & 0xfff) * 8);
}

/* bl, b */
static bool arm_calls(const struct code *code, const unsigned char *at, const struct leads *leads)
{
	uint32_t word = (uint32_t)read_32(at);

	return (word & 0x7c000000) == 0x14000000 &&
	       has(leads->stubs, leads->stub_count,
		   address_of(code, at) + (uint64_t)(int64_t)((int32_t)(word << 6) >> 4));
}

static bool arm_enters(const unsigned char *at)
{
	return (uint32_t)read_32(at) == 0xd4000001; /* svc #0 */
}

/* mov w8, #N or x8; w0 or x0 */
static bool arm_loads(const unsigned char *at, bool argument, int *number)
{
	uint32_t word = (uint32_t)read_32(at);

	*number = word >> 5 & 0xffff;
	return (word & 0x7fe0001f) == (argument ? 0x52800000 : 0x52800008);
}

static const bool x86_begins[256] = { [0x0f] = true, [0xe8] = true, [0xe9] = true, [0xff] = true };

static const struct machine x86 = { &x86_numbers, 1,          x86_begins, x86_jumps,
				    x86_calls,    x86_enters, x86_loads };
static const struct machine arm = { &arm_numbers, 4,          NULL,     arm_jumps,
				    arm_calls,    arm_enters, arm_loads };

static const struct machine *machine_of(struct abi abi)
{
	if (abi.class != ELFCLASS64)
		return NULL;
	return abi.machine == EM_X86_64 ? &x86 : abi.machine == EM_AARCH64 ? &arm : NULL;
}

/* The number that was loaded last before the call; false if none was shortly before. */
static bool number_before(const struct machine *machine, const struct code *code,
			  const unsigned char *call, bool argument, int *number)
{
	enum { NUMBERS = 1024 }; /* what is greater is no number of a system call */

	for (const unsigned char *at = call - machine->step;
	     at > code->start && call - at <= SHORTLY; at -= machine->step) {
		if (machine->loads(at, argument, number) && *number >= 0 && *number < NUMBERS)
			return true;
	}
	return false;
}

static void take_number(const struct numbers *numbers, int number, bool by_function,
			struct calls *calls)
{
	calls->socket = calls->socket || number == numbers->socket;
	calls->uring = calls->uring || number == numbers->io_uring_setup;
	/* Too usual numbers to be believed where two bytes in between look like the instruction. */
	calls->connection = calls->connection || (by_function && (number == numbers->connect ||
								  number == numbers->accept ||
								  number == numbers->accept4));
}

static void read_code(const struct machine *machine, const struct code *code, struct leads *leads,
		      bool *called, struct calls *calls)
{
	enum { LONGEST = 8 }; /* bytes that are looked at from one place on */
	int number;

	for (const unsigned char *at = code->start; code->end - at >= LONGEST;
	     at += machine->step) {
		bool by_function;
		uint64_t stub;

		if (machine->begins && !machine->begins[*at])
			continue;
		by_function = leads->slot_count && machine->calls(code, at, leads);
		if (!by_function && !machine->enters(at) &&
		    !(leads->slot_count && machine->jumps_by_slot(code, at, leads, &stub)))
			continue;
		*called = *called || by_function;
		if (number_before(machine, code, at, !machine->enters(at), &number))
			take_number(machine->numbers, number, !machine->enters(at), calls);
		else if (by_function)
			calls->unknown = true;
	}
}

static void find_stubs(const struct machine *machine, const struct code *code, struct leads *leads)
{
	uint64_t stub;

	for (const unsigned char *at = code->start; code->end - at >= 8; at += machine->step) {
		if ((!machine->begins || machine->begins[*at]) &&
		    machine->jumps_by_slot(code, at, leads, &stub))
			add_stub(leads, stub);
	}
}

/* The next section of instructions, from number *i on. */
static bool next_code(const struct elf_view *view, unsigned *i, struct code *code)
{
	struct elf_section section;

	while (elf_view_section(view, (*i)++, &section)) {
		if (section.type != SHT_PROGBITS || !(section.flags & SHF_EXECINSTR))
			continue;
		code->start = elf_view_at(view, section.offset, section.size);
		if (!code->start)
			continue;
		code->end = code->start + section.size;
		code->address = section.address;
		return true;
	}
	return false;
}

void code_read(const struct elf_view *view, struct calls *calls)
{
	const struct machine *machine = machine_of(view->abi);
	struct leads leads = { .slot_count = 0 };
	bool called = false;
	struct code code;

	memset(calls, 0, sizeof(*calls));
	find_slots(view, &leads);
	for (unsigned i = 0; machine && leads.slot_count && next_code(view, &i, &code);)
		find_stubs(machine, &code, &leads);
	for (unsigned i = 0; machine && next_code(view, &i, &code);)
		read_code(machine, &code, &leads, &called, calls);
	if (leads.slot_count && !called && !calls->socket)
		calls->unknown = true; /* by a pointer to it */
}
