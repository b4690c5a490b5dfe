/* elf_view: maps an executable, and finds its sections, strings and symbols. */
#include "program/elf_view.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void elf_view_close(struct elf_view *view)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): away with const */
	munmap((void *)(uintptr_t)view->bytes, view->size);
}

const void *elf_view_at(const struct elf_view *view, uint64_t offset, uint64_t size)
{
	return offset <= view->size && size <= view->size - offset ? view->bytes + offset : NULL;
}

/*
 * The two classes differ in widths only: puts FIELDS of entry number i of a table that the header
 * places into *wanted; returns false if there is none.
 */
#define READ_ENTRY(Class, Entry, Wanted, table, count, FIELDS) \
	do { \
		const Elf##Class##_Ehdr *header = elf_view_at(view, 0, sizeof(*header)); \
		const Elf##Class##_##Entry *entry = NULL; \
\
		if (header && i < header->count) \
			entry = elf_view_at(view, header->table + i * sizeof(*entry), \
					    sizeof(*entry)); \
		if (!entry) \
			return false; \
		*wanted = (struct Wanted){ FIELDS }; \
	} while (0)
#define SEGMENT entry->p_type, entry->p_flags, entry->p_vaddr, entry->p_offset, entry->p_filesz
#define SECTION \
	entry->sh_type, entry->sh_link, entry->sh_flags, entry->sh_addr, entry->sh_offset, \
		entry->sh_size

bool elf_view_segment(const struct elf_view *view, unsigned i, struct elf_segment *wanted)
{
	if (view->abi.class == ELFCLASS64)
		READ_ENTRY(64, Phdr, elf_segment, e_phoff, e_phnum, SEGMENT);
	else
		READ_ENTRY(32, Phdr, elf_segment, e_phoff, e_phnum, SEGMENT);
	return true;
}

bool elf_view_section(const struct elf_view *view, unsigned i, struct elf_section *wanted)
{
	if (view->made_count) {
		if (i < view->made_count)
			*wanted = view->made[i];
		return i < view->made_count;
	}
	if (view->abi.class == ELFCLASS64)
		READ_ENTRY(64, Shdr, elf_section, e_shoff, e_shnum, SECTION);
	else
		READ_ENTRY(32, Shdr, elf_section, e_shoff, e_shnum, SECTION);
	return true;
}

bool elf_view_has(const struct elf_view *view, uint32_t type)
{
	struct elf_section section;

	for (unsigned i = 0; elf_view_section(view, i, &section); i++) {
		if (section.type == type)
			return true;
	}
	return false;
}

const char *elf_view_string(const struct elf_view *view, unsigned strings, uint64_t offset)
{
	struct elf_section section;
	const char *start;

	if (!elf_view_section(view, strings, &section) || offset >= section.size)
		return "";
	start = elf_view_at(view, section.offset, section.size);
	return start && memchr(start + offset, '\0', section.size - offset) ? start + offset : "";
}

bool elf_view_symbol(const struct elf_view *view, const struct elf_section *symbols, uint64_t i,
		     struct elf_symbol *symbol)
{
	bool is_64 = view->abi.class == ELFCLASS64;
	size_t size = is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const void *entry = i < symbols->size / size
				    ? elf_view_at(view, symbols->offset + i * size, size)
				    : NULL;
	const Elf64_Sym *wide = entry;
	const Elf32_Sym *narrow = entry;

	if (!entry)
		return false;
	symbol->name =
		elf_view_string(view, symbols->link, is_64 ? wide->st_name : narrow->st_name);
	symbol->imported = (is_64 ? wide->st_shndx : narrow->st_shndx) == SHN_UNDEF;
	return true;
}

bool elf_view_mark(const struct elf_view *view, const struct elf_section *section, uint64_t i,
		   struct elf_mark *mark)
{
	bool is_64 = view->abi.class == ELFCLASS64;
	size_t size = is_64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	const void *entry = i < section->size / size
				    ? elf_view_at(view, section->offset + i * size, size)
				    : NULL;
	const Elf64_Dyn *wide = entry;
	const Elf32_Dyn *narrow = entry;

	if (!entry)
		return false;
	mark->tag = is_64 ? (uint64_t)wide->d_tag : (uint64_t)narrow->d_tag;
	mark->value = is_64 ? wide->d_un.d_val : narrow->d_un.d_val;
	return mark->tag != DT_NULL;
}

/* The four kinds of entries begin with the address and the number of the symbol. */
bool elf_view_relocation(const struct elf_view *view, const struct elf_section *relocations,
			 uint64_t i, struct elf_relocation *relocation)
{
	bool is_64 = view->abi.class == ELFCLASS64, has_addend = relocations->type == SHT_RELA;
	size_t size = is_64 ? (has_addend ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel))
			    : (has_addend ? sizeof(Elf32_Rela) : sizeof(Elf32_Rel));
	struct elf_section symbols;
	const void *entry;
	const Elf64_Rel *wide;
	const Elf32_Rel *narrow;

	if ((!has_addend && relocations->type != SHT_REL) || i >= relocations->size / size ||
	    !elf_view_section(view, relocations->link, &symbols) || symbols.type != SHT_DYNSYM)
		return false;
	entry = elf_view_at(view, relocations->offset + i * size, size);
	wide = entry;
	narrow = entry;
	if (!entry)
		return false;
	relocation->address = is_64 ? wide->r_offset : narrow->r_offset;
	relocation->number = is_64 ? ELF64_R_SYM(wide->r_info) : ELF32_R_SYM(narrow->r_info);
	relocation->symbol = (struct elf_symbol){ "", false };
	elf_view_symbol(view, &symbols, relocation->number, &relocation->symbol);
	return true;
}

/* Which of the made sections is what; those of instructions follow. */
enum { MADE_NONE, MADE_STRINGS, MADE_SYMBOLS, MADE_DYNAMIC, MADE_SLOTS, MADE_RELA, MADE_REL, MADE };

/* What is at the address in memory, at least as far as its segment goes. */
static void place(const struct elf_view *view, struct elf_section *section, uint64_t address)
{
	struct elf_segment segment;

	for (unsigned i = 0; elf_view_segment(view, i, &segment); i++) {
		if (segment.type != PT_LOAD || address < segment.address ||
		    address - segment.address >= segment.size)
			continue;
		section->address = address;
		section->offset = segment.offset + (address - segment.address);
	}
}

static void take_mark(const struct elf_view *view, struct elf_mark mark, struct elf_section *made)
{
	switch (mark.tag) {
	case DT_STRTAB:
		place(view, &made[MADE_STRINGS], mark.value);
		break;
	case DT_STRSZ:
		made[MADE_STRINGS].size = mark.value;
		break;
	case DT_SYMTAB:
		place(view, &made[MADE_SYMBOLS], mark.value);
		break;
	case DT_JMPREL:
		place(view, &made[MADE_SLOTS], mark.value);
		break;
	case DT_PLTRELSZ:
		made[MADE_SLOTS].size = mark.value;
		break;
	case DT_PLTREL:
		made[MADE_SLOTS].type = mark.value == DT_REL ? SHT_REL : SHT_RELA;
		break;
	case DT_RELA:
		place(view, &made[MADE_RELA], mark.value);
		break;
	case DT_RELASZ:
		made[MADE_RELA].size = mark.value;
		break;
	case DT_REL:
		place(view, &made[MADE_REL], mark.value);
		break;
	case DT_RELSZ:
		made[MADE_REL].size = mark.value;
		break;
	default:
		break;
	}
}

/* Nothing says how many symbols there are; those that are imported are all relocated. */
static uint64_t count_symbols(const struct elf_view *view)
{
	struct elf_relocation relocation;
	uint64_t count = 0;

	for (unsigned i = MADE_SLOTS; i <= MADE_REL; i++) {
		for (uint64_t j = 0; elf_view_relocation(view, &view->made[i], j, &relocation); j++)
			count = relocation.number >= count ? relocation.number + 1 : count;
	}
	return count;
}

static void make_sections(struct elf_view *view)
{
	struct elf_section made[sizeof(view->made) / sizeof(view->made[0])] = {
		[MADE_STRINGS] = { .type = SHT_STRTAB },
		[MADE_SYMBOLS] = { .type = SHT_DYNSYM, .link = MADE_STRINGS },
		[MADE_SLOTS] = { .type = SHT_RELA, .link = MADE_SYMBOLS },
		[MADE_RELA] = { .type = SHT_RELA, .link = MADE_SYMBOLS },
		[MADE_REL] = { .type = SHT_REL, .link = MADE_SYMBOLS },
	};
	struct elf_segment segment;
	struct elf_mark mark;
	unsigned count = MADE;

	for (unsigned i = 0; elf_view_segment(view, i, &segment); i++) {
		bool is_code = segment.type == PT_LOAD && segment.flags & PF_X;

		if (segment.type == PT_DYNAMIC)
			made[MADE_DYNAMIC] = (struct elf_section){ SHT_DYNAMIC,    MADE_STRINGS,
								   SHF_ALLOC,      segment.address,
								   segment.offset, segment.size };
		else if (is_code && count < sizeof(made) / sizeof(made[0]))
			made[count++] = (struct elf_section){ SHT_PROGBITS,   0,
							      SHF_EXECINSTR,  segment.address,
							      segment.offset, segment.size };
	}
	if (made[MADE_DYNAMIC].type != SHT_DYNAMIC)
		return;
	for (uint64_t i = 0; elf_view_mark(view, &made[MADE_DYNAMIC], i, &mark); i++)
		take_mark(view, mark, made);
	if (!made[MADE_STRINGS].offset || !made[MADE_SYMBOLS].offset)
		return;
	memcpy(view->made, made, sizeof(made));
	view->made_count = count;
	view->made[MADE_SYMBOLS].size =
		count_symbols(view) *
		(view->abi.class == ELFCLASS64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
}

/* False if it is no ELF file of this machine's byte order. */
static bool read_abi(struct elf_view *view)
{
	unsigned native = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	const Elf32_Ehdr *start; /* up to e_machine the same in both classes */

	start = elf_view_at(view, 0, sizeof(*start));
	if (!start || memcmp(start->e_ident, ELFMAG, SELFMAG) != 0 ||
	    start->e_ident[EI_DATA] != native)
		return false;
	view->abi = (struct abi){ start->e_ident[EI_CLASS], (uint8_t)native, start->e_machine };
	return view->abi.machine != EM_NONE;
}

bool elf_view_open(const char *path, struct elf_view *view)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	void *bytes = MAP_FAILED;

	*view = (struct elf_view){ .bytes = NULL };
	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return false;
	view->bytes = bytes;
	view->size = (size_t)status.st_size;
	if (!read_abi(view)) {
		elf_view_close(view);
		view->bytes = NULL;
		return false;
	}
	if (!elf_view_has(view, SHT_DYNSYM))
		make_sections(view);
	return true;
}
