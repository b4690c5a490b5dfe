/* elf_file: reads the ELF headers of an executable. */
#include "program/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifndef DF_1_PIE
#define DF_1_PIE 0x08000000 /* newer than some headers */
#endif

/* The places of the tables; the two classes differ in widths only. */
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

/* One entry of the dynamic section. */
struct mark {
	int64_t tag;
	uint64_t value;
};

static bool read_at(int fd, uint64_t offset, void *buffer, size_t size)
{
	return offset < INT64_MAX && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

/*
 * A function for each class: reads the header or entry at an offset of the file; FIELDS are the
 * fields to read.
 */
#define READER(name, Found, Wanted, FIELDS) \
	static bool name(int fd, uint64_t offset, Wanted *wanted) \
	{ \
		Found found; \
\
		if (!read_at(fd, offset, &found, sizeof(found))) \
			return false; \
		*wanted = (Wanted){ FIELDS }; \
		return true; \
	}
#define TABLES \
	found.e_ident[EI_CLASS] == ELFCLASS64, found.e_phoff, found.e_shoff, found.e_phentsize, \
		found.e_phnum, found.e_shentsize, found.e_shnum, found.e_shstrndx
#define MARK    found.d_tag, found.d_un.d_val
#define SEGMENT found.p_type, 0, found.p_offset, found.p_filesz
#define SECTION found.sh_type, found.sh_name, found.sh_offset, found.sh_size

READER(tables_32, Elf32_Ehdr, struct tables, TABLES)
READER(tables_64, Elf64_Ehdr, struct tables, TABLES)
READER(segment_32, Elf32_Phdr, struct entry, SEGMENT)
READER(segment_64, Elf64_Phdr, struct entry, SEGMENT)
READER(section_32, Elf32_Shdr, struct entry, SECTION)
READER(section_64, Elf64_Shdr, struct entry, SECTION)
READER(mark_32, Elf32_Dyn, struct mark, MARK)
READER(mark_64, Elf64_Dyn, struct mark, MARK)

static bool read_segment(int fd, const struct tables *tables, unsigned i, struct entry *entry)
{
	uint64_t offset = tables->segments + (uint64_t)i * tables->segment_size;

	return (tables->is_64 ? segment_64 : segment_32)(fd, offset, entry);
}

static bool read_section(int fd, const struct tables *tables, unsigned i, struct entry *entry)
{
	uint64_t offset = tables->sections + (uint64_t)i * tables->section_size;

	return (tables->is_64 ? section_64 : section_32)(fd, offset, entry);
}

static bool read_interpreter(int fd, const struct entry *segment, char interpreter[PATH_MAX])
{
	if (segment->size < 2 || segment->size > PATH_MAX ||
	    !read_at(fd, segment->offset, interpreter, segment->size))
		return false;
	interpreter[segment->size - 1] = '\0';
	return interpreter[0] != '\0';
}

/* Whether the dynamic section says that this is a program, not a shared object. */
static bool is_pie(int fd, const struct tables *tables, const struct entry *segment)
{
	enum { MARKS_MAX = 1000 };
	size_t size = tables->is_64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	struct mark mark = { .tag = DT_NULL };

	for (uint64_t at = 0; at < MARKS_MAX * size && at + size <= segment->size; at += size) {
		if (!(tables->is_64 ? mark_64 : mark_32)(fd, segment->offset + at, &mark) ||
		    mark.tag == DT_NULL)
			break;
		if (mark.tag == DT_FLAGS_1)
			return mark.value & DF_1_PIE;
	}
	return false;
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
 * The marks of a toolchain's run-time library, which strip(1) leaves. Go binaries that a C linker
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
	if (!(elf->abi.class == ELFCLASS64 ? tables_64 : tables_32)(fd, 0, &tables))
		return false;
	for (unsigned i = 0; i < tables.segment_count; i++) {
		if (!read_segment(fd, &tables, i, &segment))
			return false;
		if (segment.type == PT_INTERP && !read_interpreter(fd, &segment, elf->interpreter))
			return false;
		if (segment.type == PT_DYNAMIC) {
			elf->dynamic = true;
			elf->pie = is_pie(fd, &tables, &segment);
		}
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
