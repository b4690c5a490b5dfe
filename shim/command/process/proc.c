/* proc: reads the files of /proc/PID. */
#include "process/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

bool proc_is_ours(void)
{
	char self[16] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 &&
	       strtol(self, NULL, 10) == getpid();
}

static int directory = -1; /* /proc itself, by proc_hold() */

bool proc_hold(void)
{
	directory = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return directory >= 0;
}

/* Relative to the directory, if it is kept open. */
static void put_path(char *path, size_t size, pid_t id, const char *name)
{
	const char *root = directory < 0 ? "/proc/" : "";

	if (id)
		snprintf(path, size, "%s%d/%s", root, (int)id, name);
	else
		snprintf(path, size, "%sself/%s", root, name);
}

int proc_open(pid_t id, const char *name)
{
	char path[64];

	put_path(path, sizeof(path), id, name);
	return openat(directory, path, O_RDONLY | O_CLOEXEC);
}

bool proc_stat(pid_t id, const char *name, struct stat *status)
{
	char path[64];

	put_path(path, sizeof(path), id, name);
	return fstatat(directory, path, status, 0) == 0;
}

ssize_t proc_read_open(int fd, char *buffer, size_t size)
{
	ssize_t length = pread(fd, buffer, size - 1, 0);

	buffer[length > 0 ? length : 0] = '\0';
	return length;
}

size_t proc_read(pid_t id, const char *name, char *buffer, size_t size)
{
	int fd = proc_open(id, name);
	ssize_t length;

	buffer[0] = '\0';
	if (fd < 0)
		return 0;
	length = proc_read_open(fd, buffer, size);
	close(fd);
	return length > 0 ? (size_t)length : 0;
}

char *proc_read_all(pid_t id, const char *name, size_t *length)
{
	enum { ROOM = 4096 };
	int fd = proc_open(id, name);
	char *text = NULL;
	size_t size = 0;
	ssize_t got;

	do {
		text = array_resized(text, size + ROOM);
		got = fd < 0 ? 0 : read(fd, text + size, ROOM - 1);
		size += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	if (fd >= 0)
		close(fd);
	text[size] = '\0';
	if (length)
		*length = size;
	return text;
}

const char *proc_status_field(const char *status, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return "";
}

long proc_status_number(pid_t id, const char *name)
{
	char *status = proc_read_all(id, "status", NULL);
	long number = strtol(proc_status_field(status, name), NULL, 10);

	free(status);
	return number;
}
