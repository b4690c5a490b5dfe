/* thread: see thread.h. */
#include "thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool thread_read(pid_t thread, const char *name, char *buffer, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	if (thread)
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)thread, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	buffer[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, buffer, size - 1);
	close(fd);
	buffer[length > 0 ? length : 0] = '\0';
	return length > 0;
}

bool thread_numbers_hold(void)
{
	char self[32] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == (int)getpid();
}

pid_t thread_process(pid_t thread)
{
	char status[4096];
	const char *line;
	int process = 0;

	if (thread_read(thread, "status", status, sizeof(status)) &&
	    (line = strstr(status, "\nTgid:")) && sscanf(line, "\nTgid: %d", &process) != 1)
		process = 0;
	return process;
}
