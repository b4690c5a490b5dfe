/* elf_view: maps an executable, and finds its sections, strings and symbols. */
#include "program/elf_view.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool elf_view_open(const char *path, struct elf_view *view)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	struct elf elf;
	void *bytes;

	*view = (struct elf_view){ .bytes = NULL };
	if (fd < 0)
		return false;
	if (elf_read(fd, &elf) && elf.abi.machine != EM_NONE && fstat(fd, &status) == 0) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED)
			*view = (struct elf_view){ bytes, (size_t)status.st_size, elf.abi };
	}
	close(fd);
	return view->bytes != NULL;
}

void elf_view_close(struct elf_view *view)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): away with const */
	munmap((void *)(uintptr_t)view->bytes, view->size);
}

const void *elf_view_at(const struct elf_view *view, uint64_t offset, uint64_t size)
{
	return offset <= view->size && size <= view->size - offset ? view->bytes + offset : NULL;
}

/* The two classes differ in widths only. */
#define READ_SECTION(Header, Entry) \
	do { \
		const Header *header = elf_view_at(view, 0, sizeof(Header)); \
		const Entry *entry = NULL; \
\
		if (header && i < header->e_shnum) \
			entry = elf_view_at(view, header->e_shoff + i * sizeof(Entry), \
					    sizeof(Entry)); \
		if (!entry) \
			return false; \
		*section = \
			(struct elf_section){ entry->sh_type, entry->sh_link,   entry->sh_flags, \
					      entry->sh_addr, entry->sh_offset, entry->sh_size }; \
	} while (0)

bool elf_view_section(const struct elf_view *view, unsigned i, struct elf_section *section)
{
	if (view->abi.class == ELFCLASS64)
		READ_SECTION(Elf64_Ehdr, Elf64_Shdr);
	else
		READ_SECTION(Elf32_Ehdr, Elf32_Shdr);
	return true;
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
	relocation->symbol = (struct elf_symbol){ "", false };
	elf_view_symbol(view, &symbols,
			is_64 ? ELF64_R_SYM(wide->r_info) : ELF32_R_SYM(narrow->r_info),
			&relocation->symbol);
	return true;
}
