/* unit: reads a systemd service from its files: fragments, drop-ins, and the values in effect. */
#include "service/unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/message.h"

/* systemd.unit(5), "System Unit Search Path": the first that has a file wins. */
static const char *const folders[] = {
	"/etc/systemd/system",           "/run/systemd/system",     "/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	"/run/systemd/generator.late",
};
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]) };

#define BLANKS " \t"

/* A word as in systemd.syntax(7), without quotes and backslashes. Returns what follows. */
static const char *take_word(const char *at, char *word, size_t size)
{
	size_t length = 0;
	char quote = '\0';

	for (at += strspn(at, BLANKS); *at && (quote || !strchr(BLANKS, *at)); at++) {
		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? '\0' : *at;
			continue;
		}
		if (*at == '\\' && at[1])
			at++;
		if (length < size - 1)
			word[length++] = *at;
	}
	word[length] = '\0';
	return at;
}

/* The same word as it is written. */
static struct slice slice_word(const char *at, char *word, size_t size)
{
	at += strspn(at, BLANKS);
	return (struct slice){ at, (size_t)(take_word(at, word, size) - at) };
}

static void take_environment(struct service *unit, const char *value)
{
	char word[PATH_MAX];

	while (*(value += strspn(value, BLANKS))) {
		value = take_word(value, word, sizeof(word));
		if (strncmp(word, "LD_PRELOAD=", 11) == 0)
			snprintf(unit->preload, sizeof(unit->preload), "%s", word + 11);
	}
}

/* The end of a command: a semicolon that is a word of its own, or of the value. */
static const char *command_end(const char *at)
{
	char word[4];

	for (at += strspn(at, BLANKS); *at; at += strspn(at, BLANKS)) {
		if (*at == ';' && (!at[1] || strchr(BLANKS, at[1])))
			break;
		at = take_word(at, word, sizeof(word));
	}
	return at;
}

/*
 * The value may contain several commands (systemd.service(5)); an empty one discards those before.
 */
static void take_starts(struct service *unit, const char *value)
{
	if (!*value)
		unit->count = 0;
	while (*value) {
		const char *end = command_end(value), *last = end;
		char *start;

		while (last > value && strchr(BLANKS, last[-1]))
			last--;
		start = strndup(value, (size_t)(last - value));
		if (!start)
			abort();
		unit->starts =
			array_room(unit->starts, unit->count, &unit->room, sizeof(*unit->starts));
		unit->starts[unit->count++] = start;
		value = end + strspn(end, "; \t");
	}
}

static void take_line(struct service *unit, char *line, bool *in_service)
{
	char *value = strchr(line, '='), *end;

	if (*line == '[')
		*in_service = strcmp(line, "[Service]") == 0;
	if (!*in_service || !value)
		return;
	for (end = value; end > line && strchr(BLANKS, end[-1]); end--)
		;
	*end = '\0';
	value += 1 + strspn(value + 1, BLANKS);
	if (strcmp(line, "ExecStart") == 0)
		take_starts(unit, value);
	else if (strcmp(line, "Environment") == 0)
		take_environment(unit, value);
	else if (strcmp(line, "User") == 0)
		snprintf(unit->user, sizeof(unit->user), "%s",
			 strcmp(value, "root") == 0 ? "" : value);
}

/*
 * The whole line, which continues after a backslash at the end; comments in between are left out.
 */
static bool read_line(FILE *file, char **whole)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	bool goes_on = false;

	*whole = NULL;
	while ((length = getline(&line, &room, file)) > 0) {
		char *start = line + strspn(line, BLANKS), *longer;

		while (length && strchr(" \t\n", line[length - 1]))
			line[--length] = '\0';
		if (*start == '#' || *start == ';')
			continue;
		goes_on = length && line[length - 1] == '\\';
		if (goes_on)
			line[length - 1] = ' ';
		if (asprintf(&longer, "%s%s", *whole ? *whole : "", *whole ? line : start) < 0)
			abort();
		free(*whole);
		*whole = longer;
		if (!goes_on)
			break;
	}
	free(line);
	return *whole != NULL;
}

static bool read_file(struct service *unit, const char *path)
{
	FILE *file = fopen(path, "re");
	bool in_service = false;
	char *line;

	if (!file)
		return false;
	while (read_line(file, &line)) {
		take_line(unit, line, &in_service);
		free(line);
	}
	fclose(file);
	return true;
}

/*
 * "postgresql@.service" for "postgresql@15-main.service"; unchanged for a unit that is not an
 * instance.
 */
static void template_of(const char *name, char template[NAME_MAX + 1])
{
	const char *at = strchr(name, '@');

	snprintf(template, NAME_MAX + 1, "%.*s%s", at ? (int)(at + 1 - name) : (int)strlen(name),
		 name, at ? ".service" : "");
}

static bool read_fragment(struct service *unit)
{
	char path[PATH_MAX], template[NAME_MAX + 1];

	template_of(unit->name, template);
	for (unsigned i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s%s/%s", unit->root, folders[i], unit->name);
		if (read_file(unit, path))
			return true;
		snprintf(path, sizeof(path), "%s%s/%s", unit->root, folders[i], template);
		if (read_file(unit, path))
			return true;
	}
	return false;
}

struct drop_ins {
	char **paths;
	size_t count, room;
};

static void add_drop_ins(struct drop_ins *drop_ins, const char *root, const char *folder,
			 const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "%s%s/%s.d", root, folder, name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		size_t length = strlen(entry->d_name);
		char *file;

		if (length < 5 || strcmp(entry->d_name + length - 5, ".conf") != 0)
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

static int by_name(const void *left, const void *right)
{
	return strcmp(strrchr(*(char *const *)left, '/'), strrchr(*(char *const *)right, '/'));
}

static void read_drop_ins(struct service *unit, const char *except)
{
	struct drop_ins drop_ins = { NULL, 0, 0 };
	char template[NAME_MAX + 1];

	template_of(unit->name, template);
	for (unsigned i = FOLDERS; i-- > 0;) {
		add_drop_ins(&drop_ins, unit->root, folders[i], unit->name);
		if (strcmp(template, unit->name) != 0)
			add_drop_ins(&drop_ins, unit->root, folders[i], template);
	}
	if (drop_ins.count)
		qsort(drop_ins.paths, drop_ins.count, sizeof(*drop_ins.paths), by_name);
	for (size_t i = 0; i < drop_ins.count; i++) {
		if (strcmp(drop_ins.paths[i], except) != 0)
			read_file(unit, drop_ins.paths[i]);
		free(drop_ins.paths[i]);
	}
	free(drop_ins.paths);
}

/* Letters, digits and ":-_.\@": systemd.unit(5). */
bool unit_name(struct service *unit, const char *root, const char *name)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		":-_.\\@";
	const char *suffix = strrchr(name, '.');

	*unit = (struct service){ .root = root };
	if (!*name || name[strspn(name, accepted)] || *name == '.' ||
	    strlen(name) > NAME_MAX - strlen(".service")) {
		message("'%s' is not the name of a unit", name);
		return false;
	}
	if (suffix && (strcmp(suffix, ".socket") == 0 || strcmp(suffix, ".timer") == 0)) {
		message("'%s': name the service that it starts", name);
		return false;
	}
	snprintf(unit->name, sizeof(unit->name), "%s%s", name,
		 suffix && strcmp(suffix, ".service") == 0 ? "" : ".service");
	return true;
}

bool unit_read(struct service *unit, const char *except)
{
	if (!read_fragment(unit)) {
		message("there is no unit '%s' in %s/etc/systemd/system, %s/usr/lib/systemd/system "
			"or "
			"where else systemd looks",
			unit->name, unit->root, unit->root);
		return false;
	}
	read_drop_ins(unit, except);
	return true;
}

void unit_drop_in(const struct service *unit, const char *file, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s%s/%s.d/%s", unit->root, folders[0], unit->name, file);
}

void unit_command_read(const char *start, struct unit_command *command)
{
	size_t count = strspn(start, "-+!:@|"), length = 0;

	for (size_t i = 0; i < count; i++) {
		if (start[i] != '@' && length < sizeof(command->prefixes) - 1)
			command->prefixes[length++] = start[i];
	}
	command->prefixes[length] = '\0';
	command->first = slice_word(start + count, command->program, sizeof(command->program));
	command->rest = command->first.start + command->first.length;
	command->name = (struct slice){ command->rest, 0 };
	if (memchr(start, '@', count)) {
		char name[PATH_MAX];

		command->name = slice_word(command->rest, name, sizeof(name));
		command->rest = command->name.start + command->name.length;
	}
}

void unit_command_words(const char *at, char **words, size_t room)
{
	char word[PATH_MAX];
	size_t count = 0;

	while (*(at += strspn(at, BLANKS)) && count < room - 1) {
		at = take_word(at, word, sizeof(word));
		words[count] = strdup(word);
		if (!words[count++])
			abort();
	}
	words[count] = NULL;
}
