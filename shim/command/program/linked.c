/* linked: follows DT_NEEDED from a program through its libraries. */
#include "program/linked.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/path.h"
#include "base/printable.h"
#include "program/code.h"
#include "text.h"

struct object {
	char *name; /* in DT_NEEDED */
	char *path; /* NULL if it was not found: then there is no view */
	struct elf_view view;
	char *rpath;   /* DT_RPATH, which also applies to what its libraries need */
	size_t loader; /* the number of the object that needs it; its own for the program */
};

/* A file, open. */
struct found {
	char path[PATH_MAX];
	struct elf_view view;
};

struct search {
	struct abi abi;
	bool is_musl;
	struct object *list;
	size_t count, room;
	char *cache; /* /etc/ld.so.cache */
	size_t cache_size;
};

bool linked_is_c_library(const char *path)
{
	static const char *const names[] = { "libc.so", "libc-2.", "libc.musl-", "libpthread",
					     "ld-musl-" };
	const char *name = base_name(path);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

bool linked_is_call(const char *name)
{
	static const char *const calls[] = { "socket", "connect", "accept", "accept4", "listen" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(name, calls[i]) == 0)
			return true;
	}
	return false;
}

static char *copy_of(const char *string)
{
	char *copy = strdup(string);

	if (!copy)
		abort();
	return copy;
}

/* Opens a file that can be loaded into the program. */
static bool open_fitting(const struct search *search, const char *path, struct elf_view *view)
{
	if (!elf_view_open(path, view))
		return false;
	if (abi_is_same(view->abi, search->abi))
		return true;
	elf_view_close(view);
	view->bytes = NULL;
	return false;
}

/* In a list of directories, in which $ORIGIN is that of the object at path. */
static bool find_in(const struct search *search, const char *list, const char *origin,
		    const char *name, struct found *found)
{
	const char *slash = strrchr(origin, '/');

	if (list && !*list) /* it is as if there were none; an empty entry is this directory */
		return false;
	for (; list; list = *list ? list + 1 : NULL) {
		struct slice entry = { list, strcspn(list, ":;") }, rest;
		bool relative = slice_after(entry, "$ORIGIN", &rest) ||
				slice_after(entry, "${ORIGIN}", &rest);
		int size;

		list += entry.length;
		if (!relative)
			rest = entry.length ? entry : slice_of(".");
		size = snprintf(found->path, PATH_MAX, "%.*s%.*s/%s",
				relative && slash ? (int)(slash - origin) : 0, origin,
				(int)rest.length, rest.start, name);
		if (size < PATH_MAX && open_fitting(search, found->path, &found->view))
			return true;
	}
	return false;
}

/* The cache of ldconfig(8), as in glibc's sysdeps/generic/dl-cache.h. */
static const char cache_magic[] = "glibc-ld.so.cache1.1";

struct cache_header {
	char magic[sizeof(cache_magic) - 1];
	uint32_t count, size, unused[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t name, path; /* where they are, from the header on */
	uint32_t version;
	uint64_t hardware;
};

static void open_cache(struct search *search)
{
	int fd = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	void *bytes;

	if (fd >= 0 && fstat(fd, &status) == 0) {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			search->cache = bytes;
			search->cache_size = (size_t)status.st_size;
		}
	}
	if (fd >= 0)
		close(fd);
}

/* A string in the cache; "" if it is not there. */
static const char *cached(const char *start, size_t size, uint32_t at)
{
	return at < size && memchr(start + at, '\0', size - at) ? start + at : "";
}

static bool find_cached(const struct search *search, const char *name, struct found *found)
{
	/* behind one of an older format, perhaps */
	const char *start = search->cache ? memmem(search->cache, search->cache_size, cache_magic,
						   sizeof(cache_magic) - 1)
					  : NULL;
	size_t size = start ? search->cache_size - (size_t)(start - search->cache) : 0;
	struct cache_header header;
	struct cache_entry entry;

	if (size < sizeof(header))
		return false;
	memcpy(&header, start, sizeof(header));
	for (size_t i = 0; i < header.count && sizeof(header) + (i + 1) * sizeof(entry) <= size;
	     i++) {
		memcpy(&entry, start + sizeof(header) + i * sizeof(entry), sizeof(entry));
		if (strcmp(cached(start, size, entry.name), name) == 0 &&
		    snprintf(found->path, PATH_MAX, "%s", cached(start, size, entry.path)) <
			    PATH_MAX &&
		    open_fitting(search, found->path, &found->view))
			return true;
	}
	return false;
}

static bool find_usual(const struct search *search, const char *name, struct found *found)
{
	static const char *const directories[] = { "/lib/%s",    "/usr/lib/%s", "/lib64",
						   "/usr/lib64", "/lib",        "/usr/local/lib",
						   "/usr/lib" };
	const char *triplet = abi_triplet(search->abi);

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		char directory[64];

		snprintf(directory, sizeof(directory), directories[i], triplet ? triplet : "");
		if (search->is_musl && strchr(directories[i], '%'))
			continue;
		if (find_in(search, directory, "", name, found))
			return true;
	}
	return false;
}

/* As the dynamic linker of either C library, for what an object needs. */
static bool find(const struct search *search, size_t loader, const char *runpath, const char *name,
		 struct found *found)
{
	const struct object *object = &search->list[loader];

	if (strchr(name, '/'))
		return snprintf(found->path, PATH_MAX, "%s", name) < PATH_MAX &&
		       open_fitting(search, found->path, &found->view);
	for (const struct object *at = object; !runpath;) {
		if (find_in(search, at->rpath, at->path, name, found))
			return true;
		if (at == &search->list[at->loader])
			break;
		at = &search->list[at->loader];
	}
	return find_in(search, getenv("LD_LIBRARY_PATH"), "", name, found) ||
	       find_in(search, runpath, object->path, name, found) ||
	       (!search->is_musl && find_cached(search, name, found)) ||
	       find_usual(search, name, found);
}

/* The value of a mark that names a string; NULL if there is none. */
static const char *marked(const struct elf_view *view, const struct elf_section *dynamic,
			  uint64_t tag)
{
	struct elf_mark mark;

	for (uint64_t i = 0; elf_view_mark(view, dynamic, i, &mark); i++) {
		if (mark.tag == tag)
			return elf_view_string(view, dynamic->link, mark.value);
	}
	return NULL;
}

static bool is_known(const struct search *search, const char *name)
{
	for (size_t i = 0; i < search->count; i++) {
		if (strcmp(search->list[i].name, name) == 0)
			return true;
	}
	return false;
}

static void add_object(struct search *search, size_t loader, const char *name,
		       const struct found *found)
{
	search->list =
		array_room(search->list, search->count, &search->room, sizeof(search->list[0]));
	search->list[search->count++] = (struct object){
		.name = copy_of(name),
		.path = found ? copy_of(found->path) : NULL,
		.view = found ? found->view : (struct elf_view){ .bytes = NULL },
		.loader = loader,
	};
}

/* Adds the libraries that an object needs. */
static void add_needed(struct search *search, size_t number, const struct elf_view *view)
{
	enum { OBJECTS_MAX = 2000 }; /* more than any program has */
	struct elf_section dynamic;
	struct elf_mark mark;
	const char *runpath, *rpath;
	unsigned at = 0;

	while (elf_view_section(view, at, &dynamic) && dynamic.type != SHT_DYNAMIC)
		at++;
	if (!elf_view_section(view, at, &dynamic))
		return;
	runpath = marked(view, &dynamic, DT_RUNPATH);
	rpath = marked(view, &dynamic, DT_RPATH);
	if (rpath && !runpath)
		search->list[number].rpath = copy_of(rpath);
	for (uint64_t i = 0; search->count < OBJECTS_MAX && elf_view_mark(view, &dynamic, i, &mark);
	     i++) {
		const char *name = elf_view_string(view, dynamic.link, mark.value);
		struct found found;

		if (mark.tag != DT_NEEDED || linked_is_c_library(name) || is_known(search, name))
			continue;
		add_object(search, number, name,
			   find(search, number, runpath, name, &found) ? &found : NULL);
	}
}

static bool imports_calls(const struct elf_view *view)
{
	struct elf_section section;
	struct elf_symbol symbol;

	for (unsigned i = 0; elf_view_section(view, i, &section); i++) {
		for (uint64_t j = 0;
		     section.type == SHT_DYNSYM && elf_view_symbol(view, &section, j, &symbol);
		     j++) {
			if (symbol.imported && linked_is_call(symbol.name))
				return true;
		}
	}
	return false;
}

/* A library that was not found may have them. */
static bool are_intercepted(const struct search *search)
{
	bool any = false;

	for (size_t i = 0; i < search->count && !any; i++)
		any = !search->list[i].path || imports_calls(&search->list[i].view);
	return any;
}

static void read_libraries(struct search *search, struct linked *linked)
{
	for (size_t i = 0; i < search->count; i++) {
		struct elf_view view = search->list[i].view; /* the list may move */

		if (!view.bytes)
			continue;
		add_needed(search, i, &view);
		if (i > 0 && code_makes_sockets(&view))
			name_list_add(linked->raw, sizeof(linked->raw),
				      base_name(search->list[i].name));
	}
	linked->intercepted = linked->raw[0] && are_intercepted(search);
}

static void free_search(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->list[i].name);
		free(search->list[i].path);
		free(search->list[i].rpath);
		if (search->list[i].view.bytes)
			elf_view_close(&search->list[i].view);
	}
	free(search->list);
	if (search->cache)
		munmap(search->cache, search->cache_size);
}

void linked_read(const char *program, bool is_musl, struct linked *linked)
{
	struct search search = { .is_musl = is_musl };
	struct found found;

	memset(linked, 0, sizeof(*linked));
	if (!realpath(program, found.path) || !elf_view_open(found.path, &found.view))
		return;
	search.abi = found.view.abi;
	add_object(&search, 0, "", &found);
	open_cache(&search);
	read_libraries(&search, linked);
	free_search(&search);
}
