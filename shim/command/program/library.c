/* library: see library.h. */
#include "program/library.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/message.h"

/* What ends a path in LD_PRELOAD: ld.so(8) for glibc, isspace(3) and colons for musl. */
#define SEPARATORS " :\t\n\v\f\r"

/* '$' would be expanded by ld.so(8). */
static bool is_usable(const char *path)
{
	return !path[strcspn(path, SEPARATORS "$")];
}

/* Without resolving links: they are a way around a directory that LD_PRELOAD cannot hold. */
static bool make_absolute(const char *given, char path[PATH_MAX])
{
	char directory[PATH_MAX] = "";

	if (*given != '/' && !getcwd(directory, sizeof(directory)))
		return false;
	return snprintf(path, PATH_MAX, "%s%s%s", directory, *given == '/' ? "" : "/", given) <
	       PATH_MAX;
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
	library->abi = elf.abi;
	library->usable = is_usable(library->path);
	return true;
}

/* The directory that this program is in, by what it was executed as where there is no /proc. */
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
		"",           "../lib/%s/keepalive-shim/", "../lib/keepalive-shim/",
		"../lib/%s/", "../lib64/keepalive-shim/",  "../lib/",
		"../lib64/",
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

static bool is_another_copy(const char *path, size_t length)
{
	size_t name = strlen(LIBRARY_NAME);

	return length >= name && memcmp(path + length - name, LIBRARY_NAME, name) == 0 &&
	       (length == name || path[length - name - 1] == '/');
}

void library_preload(const struct library *library)
{
	const char *entry = getenv("LD_PRELOAD");
	char *list = strdup(library->path);

	for (entry = entry ? entry : ""; list && *entry;) {
		size_t length = strcspn(entry, SEPARATORS);
		char *longer = list;

		if (length && !is_another_copy(entry, length)) {
			if (asprintf(&longer, "%s:%.*s", list, (int)length, entry) < 0)
				abort();
			free(list);
		}
		list = longer;
		entry += length + (entry[length] != '\0');
	}
	if (!list || setenv("LD_PRELOAD", list, 1) != 0)
		abort();
	free(list);
}
