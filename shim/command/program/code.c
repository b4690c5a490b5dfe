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

/* From any instruction on, this many bytes are looked at. */
enum { LONGEST = 8 };

/* A section of instructions, and what is looked for in it. */
struct code {
	const unsigned char *start;
	const unsigned char *end; /* up to LONGEST - 1 bytes behind it, where the file goes on */
	uint64_t address;         /* of start in the process */
};

/* Where the address of syscall(2) is kept, and the stubs that jump there. */
struct leads {
	uint64_t slots[4], stubs[8];
	unsigned slot_count, stub_count;
};

static bool has(const uint64_t *list, unsigned count, uint64_t address)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i] == address)
			return true;
	}
	return false;
}

static void add(uint64_t *list, unsigned *count, unsigned room, uint64_t address)
{
	if (*count < room && !has(list, *count, address))
		list[(*count)++] = address;
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
	/* A call or a jump to an address. */
	bool (*branches)(const struct code *, const unsigned char *, uint64_t *target);
	/* A call by a slot. */
	bool (*calls_by_slot)(const struct code *, const unsigned char *, const struct leads *);
	/* An instruction that enters the kernel. */
	bool (*enters)(const unsigned char *);
	/* What is loaded as a number: for the kernel, or as the first argument of a function. */
	bool (*loads)(const unsigned char *, bool argument, int *number);
	/* The next place where the number of socket(2) is loaded perhaps; NULL if there is none. */
	const unsigned char *(*next_socket)(const struct code *, const unsigned char *);
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

static bool x86_branches(const struct code *code, const unsigned char *at, uint64_t *target)
{
	*target = address_of(code, at) + 5 + (uint64_t)(int64_t)read_32(at + 1);
	return at[0] == 0xe8 || at[0] == 0xe9; /* call, jmp */
}

/* call *SLOT(%rip) */
static bool x86_calls_by_slot(const struct code *code, const unsigned char *at,
			      const struct leads *leads)
{
	return at[0] == 0xff && at[1] == 0x15 &&
	       is_slot(leads, address_of(code, at) + 6 + (uint64_t)(int64_t)read_32(at + 2));
}

static bool x86_enters(const unsigned char *at)
{
	return at[0] == 0x0f && at[1] == 0x05; /* syscall */
}

/* mov $N, %edi; mov $N, %rdi; push $N, pop %rdi; and the same with eax. */
static bool x86_loads(const unsigned char *at, bool argument, int *number)
{
	if (at[0] == (argument ? 0xbf : 0xb8) && at[-1] != 0x41) { /* r15d, r8d */
		*number = read_32(at + 1);
		return true;
	}
	if (at[-1] == 0x48 && at[0] == 0xc7 && at[1] == (argument ? 0xc7 : 0xc0)) {
		*number = read_32(at + 2);
		return true;
	}
	*number = at[1];
	return at[0] == 0x6a && at[2] == (argument ? 0x5f : 0x58);
}

/* All that load it have it in one byte, with the instruction up to two bytes before. */
static const unsigned char *x86_next_socket(const struct code *code, const unsigned char *at)
{
	enum { BEFORE = 2 };
	int number;

	for (at += BEFORE; code->end - at >= LONGEST; at++) {
		at = memchr(at, x86_numbers.socket, (size_t)(code->end - at - LONGEST + 1));
		if (!at)
			return NULL;
		for (const unsigned char *load = at - 1; load >= at - BEFORE; load--) {
			if (load > code->start &&
			    (x86_loads(load, false, &number) || x86_loads(load, true, &number)) &&
			    number == x86_numbers.socket)
				return load;
		}
	}
	return NULL;
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
static bool arm_branches(const struct code *code, const unsigned char *at, uint64_t *target)
{
	uint32_t word = (uint32_t)read_32(at);

	*target = address_of(code, at) + (uint64_t)(int64_t)((int32_t)(word << 6) >> 4);
	return (word & 0x7c000000) == 0x14000000;
}

static bool arm_calls_by_slot(const struct code *code, const unsigned char *at,
			      const struct leads *leads)
{
	(void)code, (void)at, (void)leads;
	return false; /* it loads the address first */
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

static const unsigned char *arm_next_socket(const struct code *code, const unsigned char *at)
{
	uint32_t load = 0x52800000 | (uint32_t)arm_numbers.socket << 5;

	for (; code->end - at >= LONGEST; at += 4) {
		if (((uint32_t)read_32(at) & 0x7ffffff7) == load && at > code->start)
			return at;
	}
	return NULL;
}

static const bool x86_begins[256] = { [0x0f] = true, [0xe8] = true, [0xe9] = true, [0xff] = true };

static const struct machine x86 = {
	&x86_numbers,      1,          x86_begins, x86_jumps,       x86_branches,
	x86_calls_by_slot, x86_enters, x86_loads,  x86_next_socket,
};
static const struct machine arm = {
	&arm_numbers,      4,          NULL,      arm_jumps,       arm_branches,
	arm_calls_by_slot, arm_enters, arm_loads, arm_next_socket,
};

static const struct machine *machine_of(struct abi abi)
{
	if (abi.class != ELFCLASS64)
		return NULL;
	return abi.machine == EM_X86_64 ? &x86 : abi.machine == EM_AARCH64 ? &arm : NULL;
}

/* A call of syscall(2): a call or a jump to one of the stubs, or a call by a slot. */
static bool calls_function(const struct machine *machine, const struct code *code,
			   const unsigned char *at, const struct leads *leads)
{
	uint64_t target;

	if (machine->branches(code, at, &target))
		return has(leads->stubs, leads->stub_count, target);
	return machine->calls_by_slot(code, at, leads);
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
	int number;

	for (const unsigned char *at = code->start; code->end - at >= LONGEST;
	     at += machine->step) {
		bool by_function;
		uint64_t stub;

		if (machine->begins && !machine->begins[*at])
			continue;
		by_function = leads->slot_count && calls_function(machine, code, at, leads);
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

	for (const unsigned char *at = code->start; code->end - at >= LONGEST;
	     at += machine->step) {
		if ((!machine->begins || machine->begins[*at]) &&
		    machine->jumps_by_slot(code, at, leads, &stub))
			add_stub(leads, stub);
	}
}

/* The next section of instructions, from number *i on. */
static bool next_code(const struct elf_view *view, unsigned *i, struct code *code)
{
	struct elf_section section;
	uint64_t behind;

	while (elf_view_section(view, (*i)++, &section)) {
		if (section.type != SHT_PROGBITS || !(section.flags & SHF_EXECINSTR))
			continue;
		code->start = elf_view_at(view, section.offset, section.size);
		if (!code->start)
			continue;
		behind = view->size - section.offset - section.size;
		code->end =
			code->start + section.size + (behind < LONGEST - 1 ? behind : LONGEST - 1);
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

/* If there is a stub at the address, adds it. */
static void look_for_stub(const struct machine *machine, const struct elf_view *view,
			  uint64_t address, struct leads *leads)
{
	static const uint64_t prefixes[] = { 0, 1, 4, 5 };
	struct code code;
	uint64_t stub;

	for (unsigned i = 0; next_code(view, &i, &code);) {
		uint64_t size = (uint64_t)(code.end - code.start);

		for (unsigned j = 0; j < sizeof(prefixes) / sizeof(prefixes[0]); j++) {
			uint64_t at = address - code.address + prefixes[j];

			if (prefixes[j] % machine->step == 0 && at <= size &&
			    size - at >= LONGEST &&
			    machine->jumps_by_slot(&code, code.start + at, leads, &stub) &&
			    stub == address)
				return add_stub(leads, stub);
		}
	}
}

/* Whether a call follows shortly for which the number was loaded. */
static bool is_used(const struct machine *machine, const struct elf_view *view,
		    const struct code *code, const unsigned char *load, struct leads *leads)
{
	int number;
	uint64_t address;

	for (const unsigned char *at = load + machine->step;
	     at - load <= SHORTLY && code->end - at >= LONGEST; at += machine->step) {
		bool enters = machine->enters(at);

		if (!enters && !leads->slot_count)
			continue;
		if (machine->branches(code, at, &address))
			look_for_stub(machine, view, address, leads);
		if ((enters || calls_function(machine, code, at, leads) ||
		     machine->jumps_by_slot(code, at, leads, &address)) &&
		    number_before(machine, code, at, !enters, &number) &&
		    number == machine->numbers->socket)
			return true;
	}
	return false;
}

bool code_makes_sockets(const struct elf_view *view)
{
	const struct machine *machine = machine_of(view->abi);
	struct leads leads = { .slot_count = 0 };
	bool ready = false;
	struct code code;

	for (unsigned i = 0; machine && next_code(view, &i, &code);) {
		const unsigned char *at = code.start;

		while ((at = machine->next_socket(&code, at))) {
			if (!ready)
				find_slots(view, &leads);
			ready = true;
			if (is_used(machine, view, &code, at, &leads))
				return true;
			at += machine->step;
		}
	}
	return false;
}
