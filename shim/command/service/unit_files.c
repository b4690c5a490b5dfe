/* unit_files: finds a unit's fragment and its drop-ins. */
#include "service/unit_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"

/* The first that has a file of a name wins. */
static const char *const folders[] = {
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	TRANSIENT_FOLDER,
	"/run/systemd/generator.early",
	UNIT_FOLDER,
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	"/run/systemd/generator",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
	"/run/systemd/generator.late",
};
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]) };

#define SUFFIX ".service"

bool unit_is_template(const char *name)
{
	return strstr(name, "@.") != NULL;
}

/*
 * "postgresql@.service" for "postgresql@15-main.service"; empty for a unit that is not an instance.
 */
static void template_of(const char *name, char template[NAME_MAX + 1])
{
	const char *at = strchr(name, '@');

	*template = '\0';
	if (at && !unit_is_template(name))
		snprintf(template, NAME_MAX + 1, "%.*s" SUFFIX, (int)(at + 1 - name), name);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether it may be a service's name. */
static bool is_service(const char *name)
{
	size_t length = strlen(name);

	return length > strlen(SUFFIX) && length <= NAME_MAX &&
	       strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/*
 * The name that an entry of a folder gives the unit: of a template, that of the same instance.
 */
static void name_instance(const char *entry, const char *unit, char instance[NAME_MAX + 1])
{
	const char *at = strchr(unit, '@');

	snprintf(instance, NAME_MAX + 1, "%s", entry);
	if (at && unit_is_template(entry))
		snprintf(instance, NAME_MAX + 1, "%.*s%s", (int)(strchr(entry, '@') + 1 - entry),
			 entry, at + 1);
}

/*
 * The unit that a link in one of the folders names, if it is another one: an alias. An instance
 * of a template stays one.
 */
static bool take_alias(const char *link, char name[NAME_MAX + 1])
{
	const char *target = base_of(link);
	char other[NAME_MAX + 1];

	if (!is_service(target))
		return false;
	name_instance(target, name, other);
	if (strcmp(other, name) == 0)
		return false;
	memcpy(name, other, sizeof(other));
	return true;
}

/* Where a link at path leads; absolute ones are meant below root. */
static void follow_link(const char *root, char path[PATH_MAX], const char *link)
{
	char next[2 * PATH_MAX];

	if (*link == '/')
		snprintf(next, sizeof(next), "%s%s", root, link);
	else
		snprintf(next, sizeof(next), "%.*s%s", (int)(base_of(path) - path), path, link);
	snprintf(path, PATH_MAX, "%.*s", PATH_MAX - 1, next);
}

/* With the answer in *found, or true: the name is another one now, and everything begins anew. */
static bool look(const char *root, char name[NAME_MAX + 1], char path[PATH_MAX],
		 enum fragment *found)
{
	enum { LINKS = 8 };
	struct stat status;

	for (unsigned i = 0; i < LINKS; i++) {
		char link[PATH_MAX];
		ssize_t length = readlink(path, link, sizeof(link) - 1);

		if (length < 0)
			break;
		link[length] = '\0';
		if (strcmp(link, "/dev/null") == 0) {
			*found = FRAGMENT_MASKED;
			return false;
		}
		if (take_alias(link, name))
			return true;
		follow_link(root, path, link);
	}
	if (stat(path, &status) == 0)
		*found = status.st_size ? FRAGMENT_FOUND : FRAGMENT_MASKED;
	return false;
}

enum fragment unit_fragment(const char *root, char name[NAME_MAX + 1], char path[PATH_MAX])
{
	enum { ALIASES = 8 };
	enum fragment found = FRAGMENT_MISSING;
	char template[NAME_MAX + 1];

	for (unsigned aliases = 0, i = 0; aliases < ALIASES && i < 2 * FOLDERS;) {
		template_of(name, template);
		snprintf(path, PATH_MAX, "%s%s/%s", root, folders[i % FOLDERS],
			 i < FOLDERS ? name : template);
		if (look(root, name, path, &found)) {
			aliases++;
			i = 0;
			continue;
		}
		if (found != FRAGMENT_MISSING)
			return found;
		i++;
		if (i == FOLDERS && !*template)
			break;
	}
	return FRAGMENT_MISSING;
}

struct drop_ins {
	char **paths;
	size_t count, room;
};

/* A drop-in of the same name in an earlier directory takes the place of later ones. */
static bool is_hidden(const struct drop_ins *drop_ins, const char *name)
{
	for (size_t i = 0; i < drop_ins->count; i++) {
		if (strcmp(base_of(drop_ins->paths[i]), name) == 0)
			return true;
	}
	return false;
}

static void add_directory(struct drop_ins *drop_ins, const char *path, const char *except)
{
	struct dirent *entry;
	DIR *directory = opendir(path);

	while (directory && (entry = readdir(directory))) {
		size_t length = strlen(entry->d_name);
		char *file;

		if (length < 5 || strcmp(entry->d_name + length - 5, ".conf") != 0 ||
		    strcmp(entry->d_name, except) == 0 || is_hidden(drop_ins, entry->d_name))
			continue;
		if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
			abort();
		drop_ins->paths = array_room(drop_ins->paths, drop_ins->count, &drop_ins->room,
					     sizeof(*drop_ins->paths));
		drop_ins->paths[drop_ins->count++] = file;
	}
	if (directory)
		closedir(directory);
}

/*
 * The beginning of a name, up to the dash before the last one's end: "a-b-.service" for
 * "a-b-c.service", "a-.service" for that. An instance keeps what follows its at sign. Returns false if
 * there is none.
 */
static bool shorten(const char *name, char shorter[NAME_MAX + 1])
{
	const char *at = strchr(name, '@'), *end = at ? at : strrchr(name, '.');
	const char *rest = at && !unit_is_template(name) ? at : SUFFIX;
	size_t length = end ? (size_t)(end - name) : 0;

	if (length && name[length - 1] == '-')
		length--;
	while (length && name[length - 1] != '-')
		length--;
	if (length < 2)
		return false;
	snprintf(shorter, NAME_MAX + 1, "%.*s%s", (int)length, name, rest);
	return true;
}

/*
 * From one folder: those of the name, then of its template, then of what it begins with. The folder
 * matters more than the name.
 */
static void add_name(struct drop_ins *drop_ins, const char *folder, const char *name,
		     const char *except)
{
	char path[PATH_MAX], other[NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s/%s.d", folder, name);
	add_directory(drop_ins, path, except);
	template_of(name, other);
	if (*other)
		add_name(drop_ins, folder, other, except);
	if (shorten(name, other))
		add_name(drop_ins, folder, other, except);
}

/* From all folders. */
static void add_all(struct drop_ins *drop_ins, const char *root, const char *name,
		    const char *except)
{
	char folder[PATH_MAX];

	for (unsigned i = 0; i < FOLDERS; i++) {
		snprintf(folder, sizeof(folder), "%s%s", root, folders[i]);
		add_name(drop_ins, folder, name, except);
	}
}

/* The drop-ins of the unit's aliases: links in the folders that lead to it. */
static void add_aliases(struct drop_ins *drop_ins, const char *root, const char *name,
			const char *except)
{
	for (unsigned i = 0; i < FOLDERS; i++) {
		char path[PATH_MAX], alias[NAME_MAX + 1], unit[NAME_MAX + 1];
		struct dirent *entry;
		DIR *directory;

		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		directory = opendir(path);
		while (directory && (entry = readdir(directory))) {
			if (entry->d_type == DT_REG || !is_service(entry->d_name))
				continue;
			name_instance(entry->d_name, name, alias);
			memcpy(unit, alias, sizeof(unit));
			if (strcmp(alias, name) != 0 &&
			    unit_fragment(root, unit, path) == FRAGMENT_FOUND &&
			    strcmp(unit, name) == 0)
				add_all(drop_ins, root, alias, except);
		}
		if (directory)
			closedir(directory);
	}
}

static int by_name(const void *left, const void *right)
{
	return strcmp(base_of(*(char *const *)left), base_of(*(char *const *)right));
}

void unit_drop_ins(const char *root, const char *name, const char *except,
		   void (*take)(void *context, const char *path), void *context)
{
	struct drop_ins drop_ins = { NULL, 0, 0 };

	add_all(&drop_ins, root, name, except);
	add_aliases(&drop_ins, root, name, except);
	add_all(&drop_ins, root, "service", except);
	if (drop_ins.count)
		qsort(drop_ins.paths, drop_ins.count, sizeof(*drop_ins.paths), by_name);
	for (size_t i = 0; i < drop_ins.count; i++) {
		take(context, drop_ins.paths[i]);
		free(drop_ins.paths[i]);
	}
	free(drop_ins.paths);
}
