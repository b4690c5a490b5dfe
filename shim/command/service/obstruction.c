/* obstruction: reads a unit's filter of system calls, and what it hides of the file system. */
#include "service/obstruction.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "service/syntax.h"
#include "service/systemd.h"

/* How deep sets contain others. */
enum { DEPTH_MAX = 4 };

/* Whether a word of SystemCallFilter= means the call: its name, or a set with it. */
static bool covers(const char *word, const char *call, unsigned depth)
{
	const char *const command[] = { "systemd-analyze", "syscall-filter", word, NULL };
	struct asked asked;
	char line[256], name[256];
	bool found = strcmp(word, call) == 0;

	if (*word != '@' || depth == DEPTH_MAX)
		return found;
	asked = systemd_ask(command);
	while (asked.answer && fgets(line, sizeof(line), asked.answer)) {
		if (!found && *line == ' ' && sscanf(line, " %255s", name) == 1)
			found = covers(name, call, depth + 1);
	}
	systemd_end(&asked);
	return found;
}

bool obstruction_allows(const struct service *unit, const char *call)
{
	/* The first line decides what the list is of. */
	bool refuses = !unit->filters.count || *unit->filters.list[0] == '~';
	bool listed = false;

	for (size_t i = 0; i < unit->filters.count; i++) {
		const char *at = unit->filters.list[i];
		bool inverted = *at == '~';
		char word[256];

		for (at += inverted; *(at += strspn(at, UNIT_BLANKS));) {
			char *error;

			at = syntax_word(at, word, sizeof(word));
			error = strchr(word, ':');
			if (error)
				*error = '\0';
			if (covers(word, call, 0))
				listed = inverted == refuses && (!error || refuses);
		}
	}
	return listed != refuses;
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/';
}

/* Whether a directory on the way, or the file, is for root alone. */
static bool is_for_root(const char *path)
{
	char part[PATH_MAX];
	struct stat status;

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		mode_t needed = slash ? S_IXOTH : S_IROTH;

		snprintf(part, sizeof(part), "%.*s",
			 (int)(slash ? slash - path : (long)strlen(path)), path);
		if (stat(part, &status) == 0 && !(status.st_mode & needed) && !status.st_uid &&
		    !status.st_gid)
			return true;
		if (!slash)
			return false;
	}
}

const char *obstruction_hides(const struct service *unit, const char *path)
{
	bool other = unit->user[0] || unit->dynamic_user;

	if (unit->protect_home &&
	    (is_below(path, "/home") || is_below(path, "/root") || is_below(path, "/run/user")))
		return "ProtectHome=";
	if ((unit->private_tmp || unit->dynamic_user) &&
	    (is_below(path, "/tmp") || is_below(path, "/var/tmp")))
		return unit->private_tmp ? "PrivateTmp=" : "DynamicUser=";
	if (other && is_for_root(path))
		return unit->dynamic_user ? "DynamicUser=" : "User=";
	return NULL;
}
