/* library: finds libkeepalive-shim.so and puts it into LD_PRELOAD. */
#include "program/library.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/message.h"
#include "base/path.h"
#include "program/elf_view.h"
#include "text.h"

/*
 * The characters that end a path in LD_PRELOAD: ld.so(8) for glibc; isspace(3) and colons for musl.
 */
#define SEPARATORS " :\t\n\v\f\r"

/* '$' would be expanded by ld.so(8). */
static bool is_usable(const char *path)
{
	return !path[strcspn(path, SEPARATORS "$")];
}

/* Does not resolve links, which are a way around a directory that LD_PRELOAD cannot contain. */
static bool make_absolute(const char *given, char path[PATH_MAX])
{
	char directory[PATH_MAX] = "";

	if (*given != '/' && !getcwd(directory, sizeof(directory)))
		return false;
	return snprintf(path, PATH_MAX, "%s%s%s", directory, *given == '/' ? "" : "/", given) <
	       PATH_MAX;
}

/* Whether a section of symbols defines the functions that the shim does, and is no C library's. */
static bool defines_hooks(const struct elf_view *view, const struct elf_section *section)
{
	static const char *const hooks[] = { "socket", "connect", "listen", "accept4",
					     "setsockopt" };
	struct elf_symbol symbol;
	unsigned found = 0;

	for (uint64_t i = 0; elf_view_symbol(view, section, i, &symbol); i++) {
		if (!symbol.imported && strcmp(symbol.name, "malloc") == 0)
			return false;
		for (size_t j = 0; j < sizeof(hooks) / sizeof(hooks[0]); j++)
			found += !symbol.imported && strcmp(symbol.name, hooks[j]) == 0;
	}
	return found == sizeof(hooks) / sizeof(hooks[0]);
}

/* Whether it is the shim's, by what it defines; true of a file of another byte order. */
static bool is_shim(const char *path)
{
	struct elf_section section;
	struct elf_view view;
	bool found = false;

	if (!elf_view_open(path, &view))
		return true;
	for (unsigned i = 0; elf_view_section(&view, i, &section); i++)
		found = found || (section.type == SHT_DYNSYM && defines_hooks(&view, &section));
	elf_view_close(&view);
	return found;
}

static bool find_given(const char *given, struct library *library)
{
	struct elf elf;

	errno = 0;
	if (!make_absolute(given, library->path) || !elf_read_path(library->path, &elf)) {
		message("--library '%s': %s", given,
			errno ? strerror(errno) : "not a shared library");
		return false;
	}
	if (!is_shim(library->path)) {
		message("--library '%s': not the shim's library", given);
		return false;
	}
	library->abi = elf.abi;
	library->usable = is_usable(library->path);
	return true;
}

/* The directory of this program; if there is no /proc, from the name it was executed as. */
static bool find_own_directory(char directory[PATH_MAX])
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives pointers as numbers here */
	const char *executed = (const char *)getauxval(AT_EXECFN);

	if (!realpath("/proc/self/exe", directory) && (!executed || !realpath(executed, directory)))
		return false;
	*strrchr(directory, '/') = '\0';
	return true;
}

/* Whether there is a library at directory/place, and of which abi. */
static bool look(const char *directory, const char *place, const char *triplet,
		 struct library *library)
{
	char path[2 * PATH_MAX + sizeof(LIBRARY_NAME)], expanded[PATH_MAX];
	struct elf elf;

	snprintf(expanded, sizeof(expanded), place, triplet);
	snprintf(path, sizeof(path), "%s/%s" LIBRARY_NAME, directory, expanded);
	if (!realpath(path, library->path) || !elf_read_path(library->path, &elf))
		return false;
	library->abi = elf.abi;
	library->usable = is_usable(library->path);
	return true;
}

bool library_find(const char *given, struct abi wanted, struct library *library)
{
	/* beside the command, as built; below PREFIX/lib, as installed */
	static const char *const places[] = {
		"",
		"../lib/%s/keepalive-shim/",
		"../lib/keepalive-shim/",
		"../lib/%s/",
		"../lib64/keepalive-shim/",
		"../lib32/keepalive-shim/",
		"../lib/",
		"../lib64/",
		"../lib32/",
	};
	char directory[PATH_MAX];
	const char *triplet = abi_triplet(wanted);
	struct library found;

	memset(library, 0, sizeof(*library));
	if (given)
		return find_given(given, library);
	if (!find_own_directory(directory))
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!look(directory, places[i], triplet ? triplet : "", &found))
			continue;
		if (!library->path[0])
			*library = found;
		if (!wanted.machine || abi_is_same(found.abi, wanted)) {
			*library = found;
			break;
		}
	}
	return true;
}

/* The base name of an entry of LD_PRELOAD. */
static struct slice base_of(struct slice entry)
{
	const char *slash = memrchr(entry.start, '/', entry.length);
	size_t folder = slash ? (size_t)(slash + 1 - entry.start) : 0;

	return (struct slice){ entry.start + folder, entry.length - folder };
}

/*
 * An entry with $LIB or $PLATFORM stays: programs of another architecture may load it (ld.so(8)).
 */
static bool is_another_copy(struct slice entry)
{
	return slice_is(base_of(entry), LIBRARY_NAME) && !memchr(entry.start, '$', entry.length);
}

/* A sanitizer's runtime refuses to start behind another library. */
static bool is_sanitizer(struct slice entry)
{
	static const char *const names[] = { "libasan.", "libhwasan.", "libtsan.",
					     "liblsan.", "libubsan.",  "libclang_rt." };
	struct slice base = base_of(entry), rest;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_after(base, names[i], &rest))
			return true;
	}
	return false;
}

/* Adds an entry behind the others. */
static void append(char **list, struct slice entry)
{
	char *longer;

	if (asprintf(&longer, "%s%s%.*s", *list ? *list : "", *list ? ":" : "", (int)entry.length,
		     entry.start) < 0)
		abort();
	free(*list);
	*list = longer;
}

/* The entries of LD_PRELOAD; an empty list if it is not set. */
static struct slice preloads(void)
{
	const char *list = getenv("LD_PRELOAD");

	return slice_of(list ? list : "");
}

char *library_list(const char *path, struct slice present)
{
	struct slice entry, rest = present;
	char *list = NULL;

	while ((entry = slice_next(&rest, SEPARATORS)).length) {
		if (is_sanitizer(entry))
			append(&list, entry);
	}
	append(&list, slice_of(path));
	rest = present;
	while ((entry = slice_next(&rest, SEPARATORS)).length) {
		if (!is_sanitizer(entry) && !is_another_copy(entry))
			append(&list, entry);
	}
	return list;
}

bool library_is_file(const char *path)
{
	return strncmp(base_name(path), LIBRARY_NAME, strlen(LIBRARY_NAME)) == 0;
}

void library_preload(const struct library *library)
{
	char *list = library_list(library->path, preloads());

	if (setenv("LD_PRELOAD", list, 1) != 0)
		abort();
	free(list);
}

static bool is_foreign(struct slice entry, struct abi abi)
{
	char path[PATH_MAX];
	struct elf elf;

	return snprintf(path, sizeof(path), "%.*s", (int)entry.length, entry.start) < PATH_MAX &&
	       elf_read_path(path, &elf) && !abi_is_same(elf.abi, abi);
}

void library_drop_foreign(struct abi abi)
{
	struct slice entry, rest = preloads();
	char *list = NULL;

	while ((entry = slice_next(&rest, SEPARATORS)).length) {
		if (!is_foreign(entry, abi))
			append(&list, entry);
	}
	if (list ? setenv("LD_PRELOAD", list, 1) : unsetenv("LD_PRELOAD"))
		abort();
	free(list);
}
