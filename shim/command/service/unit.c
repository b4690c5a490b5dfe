/* unit: reads a systemd service from its files: fragments, drop-ins, and the values in effect. */
#include "service/unit.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/array.h"
#include "base/message.h"
#include "service/syntax.h"
#include "service/unit_files.h"

static void add(struct strings *strings, const char *start, size_t length)
{
	char *copy = strndup(start, length);

	if (!copy)
		abort();
	strings->list =
		array_room(strings->list, strings->count, &strings->room, sizeof(*strings->list));
	strings->list[strings->count++] = copy;
}

/* Adds each word of the value; an empty value discards those before. */
static void take_words(struct strings *strings, const char *value)
{
	char word[PATH_MAX];

	if (!*value)
		strings->count = 0;
	while (*(value += strspn(value, UNIT_BLANKS))) {
		value = syntax_word(value, word, sizeof(word));
		add(strings, word, strlen(word));
	}
}

/* The end of a command: a semicolon that is a word of its own, or of the value. */
static const char *command_end(const char *at)
{
	char word[4];

	for (at += strspn(at, UNIT_BLANKS); *at; at += strspn(at, UNIT_BLANKS)) {
		if (*at == ';' && (!at[1] || strchr(UNIT_BLANKS, at[1])))
			break;
		at = syntax_word(at, word, sizeof(word));
	}
	return at;
}

/*
 * The value may contain several commands (systemd.service(5)); an empty one discards those before.
 */
static void take_starts(struct service *unit, const char *value)
{
	if (!*value)
		unit->starts.count = 0;
	while (*value) {
		const char *end = command_end(value), *last = end;

		while (last > value && strchr(UNIT_BLANKS, last[-1]))
			last--;
		add(&unit->starts, value, (size_t)(last - value));
		value = end + strspn(end, "; \t");
	}
}

static void take_environment(struct service *unit, const char *value)
{
	take_words(&unit->environment, value);
}

static void take_unset(struct service *unit, const char *value)
{
	take_words(&unit->unset, value);
}

/* Adds the whole value; an empty one discards those before. */
static void take_value(struct strings *strings, const char *value)
{
	if (!*value)
		strings->count = 0;
	else
		add(strings, value, strlen(value));
}

static void take_file(struct service *unit, const char *value)
{
	take_value(&unit->files, value);
}

static void take_filter(struct service *unit, const char *value)
{
	take_value(&unit->filters, value);
}

static void take_user(struct service *unit, const char *value)
{
	bool root = strcmp(value, "root") == 0 || strcmp(value, "0") == 0;

	snprintf(unit->user, sizeof(unit->user), "%s", root ? "" : value);
}

static bool is_yes(const char *value)
{
	static const char *const words[] = { "yes", "y", "true", "t", "on", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i]) == 0)
			return true;
	}
	return false;
}

static void take_dynamic_user(struct service *unit, const char *value)
{
	unit->dynamic_user = is_yes(value);
}

static void take_root_directory(struct service *unit, const char *value)
{
	unit->root_directory = *value && strcmp(value, "/") != 0;
}

static void take_root_image(struct service *unit, const char *value)
{
	unit->root_image = *value;
}

static void take_protect_home(struct service *unit, const char *value)
{
	unit->protect_home = is_yes(value) || strcmp(value, "tmpfs") == 0;
}

static void take_private_tmp(struct service *unit, const char *value)
{
	unit->private_tmp = is_yes(value) || strcmp(value, "disconnected") == 0;
}

static void take_type(struct service *unit, const char *value)
{
	unit->forking = strcmp(value, "forking") == 0;
}

static void take_pid_file(struct service *unit, const char *value)
{
	unit->pid_file = *value;
}

static const struct {
	const char *name;
	void (*take)(struct service *unit, const char *value);
} settings[] = {
	{ "ExecStart", take_starts },
	{ "Environment", take_environment },
	{ "EnvironmentFile", take_file },
	{ "UnsetEnvironment", take_unset },
	{ "User", take_user },
	{ "DynamicUser", take_dynamic_user },
	{ "RootDirectory", take_root_directory },
	{ "RootImage", take_root_image },
	{ "ProtectHome", take_protect_home },
	{ "PrivateTmp", take_private_tmp },
	{ "SystemCallFilter", take_filter },
	{ "Type", take_type },
	{ "PIDFile", take_pid_file },
};

static void take_line(struct service *unit, char *line, bool *in_service)
{
	char *value, *end;

	for (end = line + strlen(line); end > line && strchr(UNIT_BLANKS, end[-1]); end--)
		;
	*end = '\0';
	line += strspn(line, UNIT_BLANKS);
	value = strchr(line, '=');
	if (*line == '[')
		*in_service = strcmp(line, "[Service]") == 0;
	if (!*in_service || !value)
		return;
	for (end = value; end > line && strchr(UNIT_BLANKS, end[-1]); end--)
		;
	*end = '\0';
	value += 1 + strspn(value + 1, UNIT_BLANKS);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(line, settings[i].name) == 0)
			settings[i].take(unit, value);
	}
}

/* Whether its last character is a backslash that no other one escapes. */
static bool ends_escaped(const char *line)
{
	bool escaped = false;

	for (; *line; line++)
		escaped = !escaped && *line == '\\';
	return escaped;
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
		char *start = line + strspn(line, UNIT_BLANKS), *longer;

		while (length && strchr("\r\n", line[length - 1]))
			line[--length] = '\0';
		if (*start == '#' || *start == ';')
			continue;
		goes_on = ends_escaped(line);
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

static void read_file(void *context, const char *path)
{
	FILE *file = fopen(path, "re");
	bool in_service = false;
	char *line;

	while (file && read_line(file, &line)) {
		take_line(context, line, &in_service);
		free(line);
	}
	if (file)
		fclose(file);
}

/* Whether it is the suffix of units that are no services: systemd.unit(5). */
static bool is_other_type(const char *suffix)
{
	static const char *const types[] = { "socket", "device", "mount", "automount", "swap",
					     "target", "path",   "timer", "slice",     "scope" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(suffix, types[i]) == 0)
			return true;
	}
	return false;
}

/* Letters, digits and ":-_.\@": systemd.unit(5). */
bool unit_name(struct service *unit, const char *root, const char *name)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		":-_.\\@";
	const char *suffix = strrchr(name, '.'), *base = strrchr(name, '/');

	*unit = (struct service){ .root = root };
	if (!*name || name[strspn(name, accepted)] || *name == '.' ||
	    strlen(name) > NAME_MAX - strlen(".service")) {
		message(base && base[1] ? "'%s' is not the name of a unit; did you mean '%s'?"
					: "'%s' is not the name of a unit",
			name, base ? base + 1 : "");
		return false;
	}
	if (suffix && is_other_type(suffix + 1)) {
		message("'%s' is not a service; name the one that it starts", name);
		return false;
	}
	snprintf(unit->name, sizeof(unit->name), "%s%s", name,
		 suffix && strcmp(suffix, ".service") == 0 ? "" : ".service");
	return true;
}

/* Whether the instances of systemd that users have know it. */
static bool is_of_users(const struct service *unit)
{
	static const char *const folders[] = { "/etc/systemd/user", "/usr/lib/systemd/user" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/%s", unit->root, folders[i], unit->name);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

bool unit_read(struct service *unit, const char *file)
{
	char path[PATH_MAX];

	switch (unit_fragment(unit->root, unit->name, path)) {
	case FRAGMENT_FOUND:
		break;
	case FRAGMENT_MASKED:
		message("'%s' is masked: '%s' is a link to /dev/null, or empty", unit->name, path);
		return false;
	case FRAGMENT_MISSING:
		if (is_of_users(unit)) {
			message("'%s' is a unit of users (systemctl --user), which this command "
				"does not change; set LD_PRELOAD in environment.d(5)",
				unit->name);
			return false;
		}
		message("there is no unit '%s' in %s/etc/systemd/system, in "
			"%s/usr/lib/systemd/system or in systemd's other directories",
			unit->name, unit->root, unit->root);
		return false;
	}
	if (strncmp(path + strlen(unit->root), TRANSIENT_FOLDER "/",
		    strlen(TRANSIENT_FOLDER) + 1) == 0) {
		message("'%s' is transient (systemd-run(1)): it is gone when it ends, and its "
			"drop-ins with it; 'keepalive attach --follow --unit=%s' reaches it",
			unit->name, unit->name);
		return false;
	}
	read_file(unit, path);
	unit_drop_ins(unit->root, unit->name, file, read_file, unit);
	return true;
}

void unit_drop_in(const struct service *unit, const char *file, char path[PATH_MAX])
{
	char fragment[PATH_MAX], name[NAME_MAX + 1];

	memcpy(name, unit->name, sizeof(name));
	unit_fragment(unit->root, name, fragment);
	snprintf(path, PATH_MAX, "%s" UNIT_FOLDER "/%s.d/%s", unit->root, name, file);
}

const char *unit_environment(const struct service *unit, const char *name)
{
	const char *value = "";

	for (size_t i = 0; i < unit->environment.count; i++) {
		struct slice rest;

		if (slice_after(slice_of(unit->environment.list[i]), name, &rest) &&
		    *rest.start == '=')
			value = rest.start + 1;
	}
	return value;
}

/* Whether a file of EnvironmentFile= assigns the variable. */
static bool assigns(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0) {
		struct slice rest;

		found = slice_after(slice_of(line + strspn(line, UNIT_BLANKS)), name, &rest) &&
			rest.start[strspn(rest.start, UNIT_BLANKS)] == '=';
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/*
 * The value of EnvironmentFile= is a path, behind a dash if there need not be such a file. Its last
 * part may be a pattern.
 */
static bool assigned_by(const struct service *unit, const char *value, const char *name)
{
	char path[PATH_MAX], below[2 * PATH_MAX];
	struct dirent *entry;
	bool found = false;
	char *pattern;
	DIR *directory;

	if (!syntax_expand(unit->name, value + (*value == '-'), path, sizeof(path)) || *path != '/')
		return false;
	pattern = strrchr(path, '/');
	*pattern++ = '\0';
	snprintf(below, sizeof(below), "%s%s/", unit->root, path);
	directory = opendir(below);
	while (directory && !found && (entry = readdir(directory))) {
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0)
			continue;
		snprintf(below, sizeof(below), "%s%s/%s", unit->root, path, entry->d_name);
		found = assigns(below, name);
	}
	if (directory)
		closedir(directory);
	return found;
}

const char *unit_overrides(const struct service *unit, const char *name)
{
	for (size_t i = 0; i < unit->unset.count; i++) {
		if (strcmp(unit->unset.list[i], name) == 0)
			return "UnsetEnvironment=";
	}
	for (size_t i = 0; i < unit->files.count; i++) {
		if (assigned_by(unit, unit->files.list[i], name))
			return unit->files.list[i];
	}
	return NULL;
}

void unit_command_read(const char *start, struct unit_command *command)
{
	size_t count = strspn(start, "-+!:@|"), length = 0;

	for (size_t i = 0; i < count; i++) {
		if (start[i] != '@' && length < sizeof(command->prefixes) - 1)
			command->prefixes[length++] = start[i];
	}
	command->prefixes[length] = '\0';
	command->first = syntax_slice(start + count, command->program, sizeof(command->program));
	command->rest = command->first.start + command->first.length;
	command->name = (struct slice){ command->rest, 0 };
	if (memchr(start, '@', count)) {
		char name[PATH_MAX];

		command->name = syntax_slice(command->rest, name, sizeof(name));
		command->rest = command->name.start + command->name.length;
	}
}

void unit_command_words(const char *at, char **words, size_t room)
{
	char word[PATH_MAX];
	size_t count = 0;

	while (*(at += strspn(at, UNIT_BLANKS)) && count < room - 1) {
		at = syntax_word(at, word, sizeof(word));
		words[count] = strdup(word);
		if (!words[count++])
			abort();
	}
	words[count] = NULL;
}
