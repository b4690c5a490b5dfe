/* proc: reads the files of /proc/PID. */
#include "process/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool proc_is_ours(void)
{
	char self[16] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 &&
	       strtol(self, NULL, 10) == getpid();
}

size_t proc_read(pid_t id, const char *name, char *buffer, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	if (id)
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)id, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	buffer[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, buffer, size - 1);
	close(fd);
	buffer[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
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
	char status[4096];

	proc_read(id, "status", status, sizeof(status));
	return strtol(proc_status_field(status, name), NULL, 10);
}
