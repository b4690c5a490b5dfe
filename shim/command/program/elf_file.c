/* elf_file: reads the ELF headers of an executable. */
#include "program/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Where the tables are: the two classes differ in widths only. */
struct tables {
	bool is_64;
	uint64_t segments, sections;
	unsigned segment_size, segment_count;
	unsigned section_size, section_count, section_names;
};

/* One entry of either table. */
struct entry {
	uint32_t type, name;
	uint64_t offset, size;
};

static bool read_at(int fd, uint64_t offset, void *buffer, size_t size)
{
	return offset < INT64_MAX && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

static bool read_tables(int fd, bool is_64, struct tables *tables)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	if (is_64 && read_at(fd, 0, &wide, sizeof(wide))) {
		*tables = (struct tables){
			true,         wide.e_phoff,     wide.e_shoff, wide.e_phentsize,
			wide.e_phnum, wide.e_shentsize, wide.e_shnum, wide.e_shstrndx,
		};
	} else if (!is_64 && read_at(fd, 0, &narrow, sizeof(narrow))) {
		*tables = (struct tables){
			false,          narrow.e_phoff,     narrow.e_shoff, narrow.e_phentsize,
			narrow.e_phnum, narrow.e_shentsize, narrow.e_shnum, narrow.e_shstrndx,
		};
	} else {
		return false;
	}
	return true;
}

static bool read_segment(int fd, const struct tables *tables, unsigned i, struct entry *entry)
{
	uint64_t offset = tables->segments + (uint64_t)i * tables->segment_size;
	Elf64_Phdr wide;
	Elf32_Phdr narrow;

	if (tables->is_64) {
		if (!read_at(fd, offset, &wide, sizeof(wide)))
			return false;
		*entry = (struct entry){ wide.p_type, 0, wide.p_offset, wide.p_filesz };
	} else {
		if (!read_at(fd, offset, &narrow, sizeof(narrow)))
			return false;
		*entry = (struct entry){ narrow.p_type, 0, narrow.p_offset, narrow.p_filesz };
	}
	return true;
}

static bool read_section(int fd, const struct tables *tables, unsigned i, struct entry *entry)
{
	uint64_t offset = tables->sections + (uint64_t)i * tables->section_size;
	Elf64_Shdr wide;
	Elf32_Shdr narrow;

	if (tables->is_64) {
		if (!read_at(fd, offset, &wide, sizeof(wide)))
			return false;
		*entry = (struct entry){ wide.sh_type, wide.sh_name, wide.sh_offset, wide.sh_size };
	} else {
		if (!read_at(fd, offset, &narrow, sizeof(narrow)))
			return false;
		*entry = (struct entry){ narrow.sh_type, narrow.sh_name, narrow.sh_offset,
					 narrow.sh_size };
	}
	return true;
}

static bool read_interpreter(int fd, const struct entry *segment, char interpreter[PATH_MAX])
{
	if (segment->size < 2 || segment->size > PATH_MAX ||
	    !read_at(fd, segment->offset, interpreter, segment->size))
		return false;
	interpreter[segment->size - 1] = '\0';
	return interpreter[0] != '\0';
}

/* The Go linker's build ID: a note of the owner "Go", in its cmd/link since 1.5. */
static bool is_go_note(int fd, const struct entry *segment)
{
	Elf64_Nhdr note; /* the same in both classes */
	char owner[4];

	return segment->size >= sizeof(note) + sizeof(owner) &&
	       read_at(fd, segment->offset, &note, sizeof(note)) && note.n_namesz == 4 &&
	       read_at(fd, segment->offset + sizeof(note), owner, sizeof(owner)) &&
	       memcmp(owner, "Go\0", 4) == 0;
}

/*
 * What marks a toolchain's run-time library; strip(1) leaves these. Go binaries that a C linker
 * finished have their note in a segment with others, and some have only the table of functions.
 */
static void take_section(const char *name, struct elf *elf)
{
	static const char *const go[] = { ".go.buildinfo", ".gopclntab", ".data.rel.ro.gopclntab" };

	for (unsigned i = 0; i < sizeof(go) / sizeof(go[0]); i++)
		elf->go = elf->go || strcmp(name, go[i]) == 0;
	elf->pascal = elf->pascal || strcmp(name, ".fpcdata") == 0;
}

static void read_section_names(int fd, const struct tables *tables, struct elf *elf)
{
	struct entry names, section;
	char name[sizeof(".data.rel.ro.gopclntab")];

	if (!tables->sections || !read_section(fd, tables, tables->section_names, &names))
		return;
	for (unsigned i = 0; i < tables->section_count; i++) {
		ssize_t length;

		if (!read_section(fd, tables, i, &section) || names.offset > INT64_MAX / 2)
			return;
		length = pread(fd, name, sizeof(name), (off_t)(names.offset + section.name));
		if (length > 0 && memchr(name, '\0', (size_t)length))
			take_section(name, elf);
	}
}

bool elf_read(int fd, struct elf *elf)
{
	unsigned native = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	Elf32_Ehdr start; /* up to e_machine the same in both classes */
	struct tables tables;
	struct entry segment;

	memset(elf, 0, sizeof(*elf));
	if (!read_at(fd, 0, &start, sizeof(start)) || memcmp(start.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	elf->abi.class = start.e_ident[EI_CLASS];
	elf->abi.data = start.e_ident[EI_DATA];
	if (elf->abi.data != native)
		return true;
	elf->abi.machine = start.e_machine;
	if (!read_tables(fd, elf->abi.class == ELFCLASS64, &tables))
		return false;
	for (unsigned i = 0; i < tables.segment_count; i++) {
		if (!read_segment(fd, &tables, i, &segment))
			return false;
		if (segment.type == PT_INTERP && !read_interpreter(fd, &segment, elf->interpreter))
			return false;
		elf->dynamic = elf->dynamic || segment.type == PT_DYNAMIC;
		if (segment.type == PT_NOTE)
			elf->go = elf->go || is_go_note(fd, &segment);
	}
	read_section_names(fd, &tables, elf);
	return true;
}

bool elf_read_path(const char *path, struct elf *elf)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is_elf = fd >= 0 && elf_read(fd, elf);

	if (fd >= 0)
		close(fd);
	return is_elf;
}

bool abi_is_same(struct abi a, struct abi b)
{
	return a.class == b.class && a.data == b.data && a.machine == b.machine &&
	       a.machine != EM_NONE;
}

static const struct {
	struct abi abi;
	const char *name;
	const char *triplet;
} known[] = {
	{ { ELFCLASS64, ELFDATA2LSB, EM_X86_64 }, "x86-64", "x86_64-linux-gnu" },
	{ { ELFCLASS32, ELFDATA2LSB, EM_X86_64 }, "x32", "x86_64-linux-gnux32" },
	{ { ELFCLASS32, ELFDATA2LSB, EM_386 }, "i386", "i386-linux-gnu" },
	{ { ELFCLASS64, ELFDATA2LSB, EM_AARCH64 }, "aarch64", "aarch64-linux-gnu" },
	{ { ELFCLASS32, ELFDATA2LSB, EM_ARM }, "32-bit ARM", "arm-linux-gnueabihf" },
	{ { ELFCLASS64, ELFDATA2LSB, EM_RISCV }, "riscv64", "riscv64-linux-gnu" },
	{ { ELFCLASS64, ELFDATA2LSB, EM_PPC64 }, "ppc64le", "powerpc64le-linux-gnu" },
	{ { ELFCLASS64, ELFDATA2MSB, EM_S390 }, "s390x", "s390x-linux-gnu" },
};

const char *abi_name(struct abi abi)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (abi_is_same(known[i].abi, abi))
			return known[i].name;
	}
	return "another architecture";
}

const char *abi_triplet(struct abi abi)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (abi_is_same(known[i].abi, abi))
			return known[i].triplet;
	}
	return NULL;
}
