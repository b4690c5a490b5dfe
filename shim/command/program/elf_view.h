/*
 * elf_view: the sections of an executable or a shared object, mapped from its file. Nothing in the
 * file is trusted to lie inside it. Where the table of sections was removed, as by sstrip(1), the
 * sections are made from what the dynamic linker reads: segments and the dynamic section.
 */
#ifndef KEEPALIVE_ELF_VIEW_H
#define KEEPALIVE_ELF_VIEW_H

#include <stddef.h>

#include "program/elf_file.h"

struct elf_section {
	uint32_t type, link;
	uint64_t flags, address, offset, size;
};

struct elf_view {
	const unsigned char *bytes;
	size_t size;
	struct abi abi;
	struct elf_section made[12]; /* in place of the file's, if there are any */
	unsigned made_count;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t address, offset, size;
};

/* An entry of a dynamic section. */
struct elf_mark {
	uint64_t tag, value;
};

struct elf_symbol {
	const char *name;
	bool imported;
};

/* A relocation: the address that the dynamic linker fills in, and the symbol. */
struct elf_relocation {
	uint64_t address;
	struct elf_symbol symbol; /* with the name "" if it has none */
	uint64_t number;          /* of the symbol */
};

/* Returns false if it cannot be read, or is not an ELF file of this machine's byte order. */
bool elf_view_open(const char *path, struct elf_view *view);
void elf_view_close(struct elf_view *view);

/* A pointer to this many bytes of the file; NULL if they are not all in it. */
const void *elf_view_at(const struct elf_view *view, uint64_t offset, uint64_t size);

/* The segment with the number i; false if there is none. */
bool elf_view_segment(const struct elf_view *view, unsigned i, struct elf_segment *segment);

/* The section with the number i; false if there is none. */
bool elf_view_section(const struct elf_view *view, unsigned i, struct elf_section *section);

/* A string in a string section; "" if it is not there. */
const char *elf_view_string(const struct elf_view *view, unsigned strings, uint64_t offset);

/* The symbol with the number i in a symbol section; false if there is none. */
bool elf_view_symbol(const struct elf_view *view, const struct elf_section *symbols, uint64_t i,
		     struct elf_symbol *symbol);

/* Whether there is a section of the type, such as SHT_DYNSYM. */
bool elf_view_has(const struct elf_view *view, uint32_t type);

/* Entry number i of a dynamic section; false behind the last one. */
bool elf_view_mark(const struct elf_view *view, const struct elf_section *section, uint64_t i,
		   struct elf_mark *mark);

/* Entry number i of a section of dynamic relocations; false if there is none, or it is no such. */
bool elf_view_relocation(const struct elf_view *view, const struct elf_section *relocations,
			 uint64_t i, struct elf_relocation *relocation);

#endif
