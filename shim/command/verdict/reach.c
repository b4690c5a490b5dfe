/* reach: finds the slots of each mapped object in a process's memory, and where they lead. */
#include "verdict/reach.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/printable.h"
#include "process/pidfd.h"
#include "program/elf_view.h"
#include "program/library.h"

/* A line of /proc/PID/maps that shows a file. */
struct mapping {
	uint64_t start, end, offset;
	char *path;
};

struct space {
	pid_t pid;
	char program[4096]; /* /proc/PID/exe */
	struct mapping *list;
	size_t count, room;
};

static void read_space(struct space *space)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)space->pid);
	if (readlink(path, space->program, sizeof(space->program) - 1) < 0)
		space->program[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)space->pid);
	maps = fopen(path, "re");
	while (maps && getline(&line, &size, maps) > 0) {
		struct mapping mapping;
		unsigned long long start, end, offset;
		int name = 0;

		if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %n", &start, &end, &offset, &name) <
			    3 ||
		    !name || line[name] != '/')
			continue;
		line[strcspn(line, "\n")] = '\0';
		mapping = (struct mapping){ start, end, offset, strdup(line + name) };
		if (!mapping.path)
			abort();
		space->list = array_room(space->list, space->count, &space->room, sizeof(mapping));
		space->list[space->count++] = mapping;
	}
	free(line);
	if (maps)
		fclose(maps);
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* The file that is mapped at the address; NULL if there is none. */
static const char *file_at(const struct space *space, uint64_t address)
{
	for (size_t i = 0; i < space->count; i++) {
		if (address >= space->list[i].start && address < space->list[i].end)
			return space->list[i].path;
	}
	return NULL;
}

static bool is_c_library(const char *path)
{
	const char *name = base_name(path);

	return strncmp(name, "libc.so", 7) == 0 || strncmp(name, "libc-2.", 7) == 0 ||
	       strncmp(name, "libpthread", 10) == 0 || strncmp(name, "ld-musl-", 8) == 0;
}

static bool is_call(const char *name)
{
	static const char *const calls[] = { "socket", "connect", "accept", "accept4", "listen" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(name, calls[i]) == 0)
			return true;
	}
	return false;
}

/* A shared object in the process's memory. */
struct object {
	const struct space *space;
	const struct elf_view *view;
	const char *path;
	uint64_t base;   /* what its addresses are relative to */
	bool is_program; /* whether its calls are looked up in the preloads first, whenever that is */
	bool reached, bypassed;
};

static void take_slot(struct object *object, uint64_t address)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;
	bool is_64 = object->view->abi.class == ELFCLASS64;
	const char *file;

	if (!pidfd_memory(object->space->pid, object->base + address,
			  is_64 ? (void *)&wide : &narrow, is_64 ? sizeof(wide) : sizeof(narrow)))
		return;
	file = file_at(object->space, is_64 ? wide : narrow);
	if (!file)
		return;
	if (strcmp(base_name(file), LIBRARY_NAME) == 0)
		object->reached = true;
	else if (strcmp(file, object->path) == 0)
		object->reached = object->reached || object->is_program; /* as it will be called */
	else if (is_c_library(file))
		object->bypassed = true;
}

static void read_slots(struct object *object, const struct elf_section *slots)
{
	struct elf_relocation slot;

	for (uint64_t i = 0; elf_view_relocation(object->view, slots, i, &slot); i++) {
		if (slot.symbol.imported && is_call(slot.symbol.name))
			take_slot(object, slot.address);
	}
}

/* The address of the first loaded segment in the file: 0 but in executables of fixed addresses. */
static uint64_t first_address(const struct elf_view *view)
{
	const Elf64_Ehdr *wide = elf_view_at(view, 0, sizeof(*wide));
	const Elf32_Ehdr *narrow = elf_view_at(view, 0, sizeof(*narrow));
	bool is_64 = view->abi.class == ELFCLASS64;

	for (unsigned i = 0; wide && i < (is_64 ? wide->e_phnum : narrow->e_phnum); i++) {
		const Elf64_Phdr *wide_entry = elf_view_at(
			view, wide->e_phoff + i * sizeof(*wide_entry), sizeof(*wide_entry));
		const Elf32_Phdr *narrow_entry = elf_view_at(
			view, narrow->e_phoff + i * sizeof(*narrow_entry), sizeof(*narrow_entry));

		if (is_64 && wide_entry && wide_entry->p_type == PT_LOAD)
			return wide_entry->p_vaddr & ~0xfffULL;
		if (!is_64 && narrow_entry && narrow_entry->p_type == PT_LOAD)
			return narrow_entry->p_vaddr & ~0xfffU;
	}
	return 0;
}

static void read_object(const struct space *space, const struct mapping *mapping,
			struct reach *reach)
{
	char path[4096 + 64];
	struct elf_view view;
	struct elf_section section;
	struct object object = { .space = space,
				 .view = &view,
				 .path = mapping->path,
				 .base = mapping->start,
				 .is_program = strcmp(mapping->path, space->program) == 0 };
	struct text names = { reach->names, reach->names + strlen(reach->names),
			      reach->names + sizeof(reach->names) - 1 };

	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)space->pid, mapping->path);
	if (!elf_view_open(path, &view))
		return;
	object.base -= first_address(&view);
	for (unsigned i = 0; elf_view_section(&view, i, &section); i++)
		read_slots(&object, &section);
	elf_view_close(&view);
	reach->reached += object.reached;
	reach->bypassed += object.bypassed;
	if (object.bypassed && !strstr(reach->names, base_name(mapping->path))) {
		text_string(&names, names.next > names.start ? ", " : "");
		text_printable(&names, base_name(mapping->path));
	}
	*names.next = '\0';
}

void reach_read(pid_t pid, struct reach *reach)
{
	struct space space = { .pid = pid };
	char byte;

	memset(reach, 0, sizeof(*reach));
	read_space(&space);
	if (space.count && !pidfd_memory(pid, space.list[0].start, &byte, 1))
		reach->error = errno;
	for (size_t i = 0; i < space.count && !reach->error; i++) {
		const char *path = space.list[i].path;

		bool goes_on = i && space.list[i - 1].end == space.list[i].start &&
			       strcmp(space.list[i - 1].path, path) == 0;

		if (space.list[i].offset == 0 && !goes_on && !is_c_library(path) &&
		    strcmp(base_name(path), LIBRARY_NAME) != 0)
			read_object(&space, &space.list[i], reach);
	}
	for (size_t i = 0; i < space.count; i++)
		free(space.list[i].path);
	free(space.list);
}
