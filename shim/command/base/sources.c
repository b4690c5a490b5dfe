/* sources: options override variables, these the host's file, and this the defaults. */
#include "base/sources.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lookalikes.h"
#include "base/message.h"

static void complain_of_file(void *context, const struct complaint *complaint)
{
	struct complaint completed = *complaint;
	const char *near;
	char line[1024], name[64], problem[128];
	struct text text = TEXT(line);

	(void)context;
	snprintf(name, sizeof(name), "%.*s", (int)complaint->value.length, complaint->value.start);
	near = complaint->line ? variable_meant(name) : NULL;
	if (near && strcmp(near, name) != 0) {
		snprintf(problem, sizeof(problem), "%s; did you mean %s?", complaint->problem,
			 near);
		completed.problem = problem;
	}
	text_complaint(&text, &completed, NULL, true);
	warning("%.*s", (int)(text.next - text.start), text.start);
}

/* It stays in memory, because the texts point into it. */
void sources_add_host_file(struct sources *sources)
{
	struct host_file file;

	host_file_open(&file);
	host_file_read(&file, &sources->texts, complain_of_file, NULL);
}

/* The users whose files count as root's for the process, by their ids here. */
static struct host_file_owners owners_for(pid_t pid)
{
	struct host_file_owners owners = { 0, 0 };
	struct stat ours, its;
	char path[64], buffer[4096];
	struct slice map = { buffer, 0 };
	uint32_t outside;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	if (stat("/proc/self/ns/user", &ours) != 0 || stat(path, &its) != 0 ||
	    ours.st_ino == its.st_ino)
		return owners;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return owners;
	map.length = (size_t)read(fd, buffer, sizeof(buffer));
	close(fd);
	if (map.length > sizeof(buffer))
		return owners;
	if (host_file_maps(map, 0, &outside))
		owners.root = outside;
	if (host_file_maps(map, HOST_FILE_NOBODY, &outside))
		owners.also = owners.root;
	return owners;
}

void sources_add_host_file_of(struct sources *sources, pid_t pid)
{
	char directory[64];
	struct host_file file;

	snprintf(directory, sizeof(directory), "/proc/%d/root/etc", (int)pid);
	host_file_open_in(&file, directory, owners_for(pid));
	host_file_read(&file, &sources->texts, complain_of_file, NULL);
}

struct reading {
	struct sources *sources;
	bool warnings; /* wanted */
	bool holds;
};

static void complain(void *context, const struct complaint *complaint)
{
	struct reading *reading = context;
	const struct sources *sources = reading->sources;
	const char *option = sources->option[complaint->variable];
	struct complaint placed = *complaint;
	char line[1024];
	struct text text = TEXT(line);

	if (!complaint->warning && complaint->variable != VARIABLE_RULES)
		reading->sources->refused[complaint->variable] = true;
	if (complaint->warning && !reading->warnings)
		return;
	if (complaint->variable == VARIABLE_RULES && sources->rules_line &&
	    complaint->rule > sources->own_rules) {
		placed.host_file = true;
		placed.line = sources->rules_line;
		placed.rule -= sources->own_rules;
		option = NULL;
	}
	text_complaint(&text, &placed, option, placed.host_file);
	if (placed.warning || placed.host_file) {
		warning("%.*s", (int)(text.next - text.start), text.start);
	} else {
		message("%.*s", (int)(text.next - text.start), text.start);
		reading->holds = false;
	}
}

bool sources_read(struct sources *sources, const struct program *program, struct settings *settings,
		  bool warnings)
{
	struct reading reading = { sources, warnings, true };

	memset(sources->refused, 0, sizeof(sources->refused));
	settings_read(settings, &sources->texts, program, complain, &reading);
	return reading.holds;
}

static void digest(const struct sources *sources, char value[SAYING_SIZE])
{
	snprintf(value, SAYING_SIZE, "%lu", (unsigned long)texts_digest(&sources->texts));
}

bool sources_said(const struct sources *sources)
{
	const char *said = getenv(SAID_VARIABLE);
	char value[SAYING_SIZE];

	digest(sources, value);
	return said && strcmp(said, value) == 0;
}

bool sources_saying(const struct sources *sources, char value[SAYING_SIZE])
{
	digest(sources, value);
	return *warnings() != NULL;
}

void sources_say_off(const struct sources *sources)
{
	unsigned line = sources->texts.line[VARIABLE_KEEPALIVE];
	char place[sizeof(HOST_FILE) + 32] = "";

	if (line)
		snprintf(place, sizeof(place), HOST_FILE " line %u: ", line);
	message("%s%s is off: nothing is done", place, variable_name(VARIABLE_KEEPALIVE));
}

const char *sources_kind(const struct sources *sources, enum variable variable)
{
	const char *text = sources->texts.text[variable];

	if (!text || !*text || sources->refused[variable])
		return "default";
	if (sources->option[variable])
		return "option";
	return sources->texts.line[variable] ? "file" : "variable";
}

void text_source(struct text *text, const struct sources *sources, enum variable variable)
{
	const char *kind = sources_kind(sources, variable);

	if (*kind == 'o') {
		text_string(text, sources->option[variable]);
	} else if (*kind == 'f') {
		text_string(text, HOST_FILE " line ");
		text_number(text, sources->texts.line[variable]);
	} else if (*kind == 'v') {
		text_string(text, variable_name(variable));
	} else {
		text_string(text, kind);
	}
}
