/*
 * traits: looks in a dynamic program for the ways by which it makes sockets. The file is mapped, and nothing
 * in it is believed.
 */
#include "program/traits.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct view {
	const unsigned char *bytes;
	size_t size;
	struct abi abi;
};

struct section {
	uint32_t type, link;
	uint64_t flags, offset, size;
};

/* Where so many bytes are; NULL if they are not all in the file. */
static const void *at(const struct view *view, uint64_t offset, uint64_t size)
{
	return offset <= view->size && size <= view->size - offset ? view->bytes + offset : NULL;
}

static bool read_section(const struct view *view, unsigned i, struct section *section)
{
	if (view->abi.class == ELFCLASS64) {
		const Elf64_Ehdr *header = at(view, 0, sizeof(*header));
		const Elf64_Shdr *entry =
			header && i < header->e_shnum
				? at(view, header->e_shoff + i * sizeof(*entry), sizeof(*entry))
				: NULL;

		if (!entry)
			return false;
		*section = (struct section){ entry->sh_type, entry->sh_link, entry->sh_flags,
					     entry->sh_offset, entry->sh_size };
	} else {
		const Elf32_Ehdr *header = at(view, 0, sizeof(*header));
		const Elf32_Shdr *entry =
			header && i < header->e_shnum
				? at(view, header->e_shoff + i * sizeof(*entry), sizeof(*entry))
				: NULL;

		if (!entry)
			return false;
		*section = (struct section){ entry->sh_type, entry->sh_link, entry->sh_flags,
					     entry->sh_offset, entry->sh_size };
	}
	return true;
}

/* The string, if it ends within its table. */
static const char *string_at(const struct view *view, unsigned table, uint32_t offset)
{
	struct section section;
	const char *strings;

	if (!read_section(view, table, &section) || offset >= section.size)
		return "";
	strings = at(view, section.offset, section.size);
	return strings && memchr(strings + offset, '\0', section.size - offset) ? strings + offset
										: "";
}

static void take_symbol(const char *name, bool imported, struct traits *traits)
{
	if (!imported) {
		traits->php = traits->php || strcmp(name, "zend_parse_parameters") == 0;
		return;
	}
	if (strcmp(name, "socket") == 0)
		traits->imports_socket = true;
	if (strcmp(name, "rcmd") == 0 || strcmp(name, "rcmd_af") == 0 ||
	    strcmp(name, "rexec") == 0 || strcmp(name, "rexec_af") == 0)
		traits->rcmd = true;
}

static void read_symbols(const struct view *view, const struct section *section,
			 struct traits *traits)
{
	bool is_64 = view->abi.class == ELFCLASS64;
	size_t size = is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const void *table = at(view, section->offset, section->size);

	for (size_t i = 0; table && i < section->size / size; i++) {
		const Elf64_Sym *wide = (const Elf64_Sym *)table + i;
		const Elf32_Sym *narrow = (const Elf32_Sym *)table + i;

		take_symbol(string_at(view, section->link, is_64 ? wide->st_name : narrow->st_name),
			    (is_64 ? wide->st_shndx : narrow->st_shndx) == SHN_UNDEF, traits);
	}
}

static void read_needed(const struct view *view, const struct section *section,
			struct traits *traits)
{
	bool is_64 = view->abi.class == ELFCLASS64;
	size_t size = is_64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	const void *table = at(view, section->offset, section->size);

	for (size_t i = 0; table && i < section->size / size; i++) {
		const Elf64_Dyn *wide = (const Elf64_Dyn *)table + i;
		const Elf32_Dyn *narrow = (const Elf32_Dyn *)table + i;
		const char *name;

		if ((is_64 ? wide->d_tag : narrow->d_tag) != DT_NEEDED)
			continue;
		name = string_at(view, section->link,
				 is_64 ? (uint32_t)wide->d_un.d_val : narrow->d_un.d_val);
		if (strncmp(name, "libasan.so", 10) == 0 ||
		    strncmp(name, "libclang_rt.asan", 16) == 0)
			traits->asan = true;
	}
}

/* Whether one of the words is in the code shortly before the instruction. */
static bool is_before(const unsigned char *code, const unsigned char *instruction,
		      const unsigned char (*words)[5], size_t length)
{
	enum { SHORTLY = 64 };
	const unsigned char *from = instruction - code > SHORTLY ? instruction - SHORTLY : code;

	for (unsigned i = 0; i < 2; i++) {
		if (memmem(from, (size_t)(instruction - from), words[i], length))
			return true;
	}
	return false;
}

/* A system call whose number was loaded just before is socket(2)'s. */
static bool has_raw_socket(const struct view *view, const struct section *section)
{
	static const unsigned char x86_call[] = { 0x0f, 0x05 };       /* syscall */
	static const unsigned char x86_number[2][5] = { { 0xb8, 41 }, /* mov $41, %eax */
							{ 0xb8, 41 } };
	static const unsigned char arm_call[] = { 0x01, 0x00, 0x00, 0xd4 }; /* svc #0 */
	static const unsigned char arm_number[2][5] = {
		{ 0xc8, 0x18, 0x80, 0xd2 }, /* mov x8, #198 */
		{ 0xc8, 0x18, 0x80, 0x52 }, /* mov w8, #198 */
	};
	bool x86 = view->abi.machine == EM_X86_64, arm = view->abi.machine == EM_AARCH64;
	const unsigned char *code = at(view, section->offset, section->size), *next = code;
	const unsigned char *end = code + section->size;

	while ((x86 || arm) && code) {
		next = memmem(next, (size_t)(end - next), x86 ? x86_call : arm_call,
			      x86 ? sizeof(x86_call) : sizeof(arm_call));
		if (!next)
			return false;
		if (is_before(code, next, x86 ? x86_number : arm_number, x86 ? 5 : 4))
			return true;
		next++;
	}
	return false;
}

static void read_php_version(const struct view *view, struct traits *traits)
{
	static const char wanted[] = "X-Powered-By: PHP/";
	const char *found = memmem(view->bytes, view->size, wanted, sizeof(wanted) - 1);
	char version[8] = "", *end;

	if (!traits->php || !found || view->bytes + view->size - (const unsigned char *)found < 32)
		return;
	memcpy(version, found + sizeof(wanted) - 1, sizeof(version) - 1);
	traits->php = 100 * (unsigned)strtoul(version, &end, 10);
	if (*end == '.')
		traits->php += (unsigned)strtoul(end + 1, NULL, 10);
}

static void read_sections(const struct view *view, struct traits *traits)
{
	struct section section;

	for (unsigned i = 0; read_section(view, i, &section); i++) {
		if (section.type == SHT_DYNSYM)
			read_symbols(view, &section, traits);
		if (section.type == SHT_DYNAMIC)
			read_needed(view, &section, traits);
		if (section.type == SHT_PROGBITS && section.flags & SHF_EXECINSTR)
			traits->raw_socket = traits->raw_socket || has_raw_socket(view, &section);
	}
	if (traits->php)
		read_php_version(view, traits);
}

void traits_read(const char *path, struct abi abi, struct traits *traits)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct view view = { .abi = abi };
	struct stat status;
	void *bytes;

	memset(traits, 0, sizeof(*traits));
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && status.st_size > 0) {
		view.size = (size_t)status.st_size;
		bytes = mmap(NULL, view.size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			view.bytes = bytes;
			read_sections(&view, traits);
			munmap(bytes, view.size);
		}
	}
	close(fd);
}
