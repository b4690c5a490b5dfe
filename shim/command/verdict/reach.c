/* reach: finds the slots of each mapped object in a process's memory, and where they lead. */
#include "verdict/reach.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/path.h"
#include "base/printable.h"
#include "process/pidfd.h"
#include "program/code.h"
#include "program/elf_view.h"
#include "program/library.h"
#include "program/linked.h"

/* A line of /proc/PID/maps that shows a file. */
struct mapping {
	uint64_t start, end, offset;
	bool is_code; /* may be executed */
	char *path;   /* ends in DELETED if the file has been removed or replaced */
};

#define DELETED " (deleted)"

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
		char access[5];
		int name = 0;

		if (sscanf(line, "%llx-%llx %4s %llx %*s %*s %n", &start, &end, access, &offset,
			   &name) < 4 ||
		    !name || line[name] != '/')
			continue;
		line[strcspn(line, "\n")] = '\0';
		mapping = (struct mapping){ start, end, offset, access[2] == 'x',
					    strdup(line + name) };
		if (!mapping.path)
			abort();
		space->list = array_room(space->list, space->count, &space->room, sizeof(mapping));
		space->list[space->count++] = mapping;
	}
	free(line);
	if (maps)
		fclose(maps);
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
	if (library_is_file(file))
		object->reached = true;
	else if (strcmp(file, object->path) == 0)
		object->reached = object->reached || object->is_program; /* as it will be called */
	else if (linked_is_c_library(file))
		object->bypassed = true;
}

static void read_slots(struct object *object, const struct elf_section *slots)
{
	struct elf_relocation slot;

	for (uint64_t i = 0; elf_view_relocation(object->view, slots, i, &slot); i++) {
		if (slot.symbol.imported && linked_is_call(slot.symbol.name))
			take_slot(object, slot.address);
	}
}

/* The address of the first loaded segment in the file: 0 but in executables of fixed addresses. */
static uint64_t first_address(const struct elf_view *view)
{
	struct elf_segment segment;

	for (unsigned i = 0; elf_view_segment(view, i, &segment); i++) {
		if (segment.type == PT_LOAD)
			return segment.address & ~0xfffULL;
	}
	return 0;
}

/*
 * Opens the file that is mapped. Only privileged users may do that by the mapping itself, which finds
 * it whatever has happened to its name, and from outside of a chroot(2).
 */
static bool open_file(pid_t pid, const struct mapping *mapping, bool is_program,
		      struct elf_view *view)
{
	char path[4096 + 64];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid,
		 (unsigned long long)mapping->start, (unsigned long long)mapping->end);
	if (elf_view_open(path, view))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (is_program && elf_view_open(path, view))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, mapping->path);
	return elf_view_open(path, view);
}

/* Adds the object's name to a list. */
static void name_object(const struct mapping *mapping, char *list, size_t size)
{
	char name[NAME_MAX + sizeof(DELETED)];
	size_t length;

	snprintf(name, sizeof(name), "%s", base_name(mapping->path));
	length = strlen(name);
	if (length > strlen(DELETED) && strcmp(name + length - strlen(DELETED), DELETED) == 0)
		name[length - strlen(DELETED)] = '\0';
	name_list_add(list, size, name);
}

static void read_object(const struct space *space, const struct mapping *mapping,
			struct reach *reach)
{
	struct elf_view view;
	struct elf_section section;
	struct object object = { .space = space,
				 .view = &view,
				 .path = mapping->path,
				 .base = mapping->start,
				 .is_program = strcmp(mapping->path, space->program) == 0 };

	if (!open_file(space->pid, mapping, object.is_program, &view)) {
		name_object(mapping, reach->unread, sizeof(reach->unread));
		return;
	}
	object.base -= first_address(&view);
	for (unsigned i = 0; elf_view_section(&view, i, &section); i++)
		read_slots(&object, &section);
	reach->reached += object.reached;
	reach->bypassed += object.bypassed;
	if (object.bypassed)
		name_object(mapping, reach->names, sizeof(reach->names));
	if (!object.is_program && code_makes_sockets(&view))
		name_object(mapping, reach->raw, sizeof(reach->raw));
	if (!elf_view_has(&view, SHT_DYNSYM))
		name_object(mapping, reach->unread, sizeof(reach->unread));
	elf_view_close(&view);
}

/* Whether mapping number i continues the object of the one before it. */
static bool goes_on(const struct space *space, size_t i)
{
	const struct mapping *mapping = &space->list[i];

	return i && strcmp(mapping[-1].path, mapping->path) == 0 &&
	       (mapping->offset != 0 || mapping[-1].end == mapping->start);
}

/* Whether mapping number i is the first one of an object with code. */
static bool is_object(const struct space *space, size_t i)
{
	const struct mapping *first = &space->list[i];
	char magic[SELFMAG];
	bool is_code = first->is_code;

	if (first->offset != 0 || goes_on(space, i))
		return false;
	for (size_t j = i + 1; j < space->count && !is_code && goes_on(space, j); j++)
		is_code = space->list[j].is_code;
	return is_code && pidfd_memory(space->pid, first->start, magic, sizeof(magic)) &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
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

		if (is_object(&space, i) && !linked_is_c_library(path) && !library_is_file(path))
			read_object(&space, &space.list[i], reach);
	}
	for (size_t i = 0; i < space.count; i++)
		free(space.list[i].path);
	free(space.list);
}
