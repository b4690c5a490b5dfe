/* drop_in: quotes the settings of a unit's drop-in, and writes it atomically. */
#include "service/drop_in.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void drop_in_environment(FILE *out, const char *name, const char *value)
{
	fprintf(out, "Environment=\"%s=", name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		if (*value == '%')
			putc('%', out);
		putc(*value, out);
	}
	fputs("\"\n", out);
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
