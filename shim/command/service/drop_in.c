/* drop_in: quotes the settings of a unit's drop-in, and writes it atomically. */
#include "service/drop_in.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/syntax.h"

void drop_in_environment(FILE *out, const char *name, const char *value)
{
	fprintf(out, "Environment=\"%s=", name);
	syntax_escape(out, value, "%");
	fputs("\"\n", out);
}

bool drop_in_is_ours(const char *path)
{
	char start[sizeof(DROP_IN_MARK)] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return true;
	if (!fgets(start, sizeof(start), file))
		*start = '\0';
	fclose(file);
	return strcmp(start, DROP_IN_MARK) == 0;
}

char *drop_in_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &room, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static void folder_of(const char *path, char folder[PATH_MAX])
{
	snprintf(folder, PATH_MAX, "%.*s", (int)(strrchr(path, '/') - path), path);
}

/* Also makes those above it, because an image may not have /etc/systemd/system. */
static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return errno;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int drop_in_write(const char *path, const char *text)
{
	char folder[PATH_MAX], new[PATH_MAX + 8];
	FILE *file;
	int error;

	folder_of(path, folder);
	error = make_folders(folder);
	if (error)
		return error;
	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "we");
	if (!file)
		return errno;
	fputs(text, file);
	error = ferror(file) ? EIO : 0;
	if (fclose(file) != 0)
		error = errno;
	/* NOLINTNEXTLINE(readability-suspicious-call-argument): the new file takes its place */
	if (!error && rename(new, path) != 0)
		error = errno;
	if (error)
		unlink(new);
	return error;
}

int drop_in_remove(const char *path)
{
	char folder[PATH_MAX];

	if (unlink(path) != 0)
		return errno;
	folder_of(path, folder);
	rmdir(folder);
	return 0;
}
