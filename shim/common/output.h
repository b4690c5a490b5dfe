/*
 * output: writes lines so that the program cannot notice.
 *
 * Uses bare system calls, which are not cancellation points. A line is written at once and whole,
 * or dropped (a terminal that is nearly full may show the beginning). Nothing here blocks, and
 * neither SIGPIPE (no reader), SIGXFSZ (RLIMIT_FSIZE) nor SIGTTOU (background job of a terminal)
 * reaches the program.
 */
#ifndef KEEPALIVE_OUTPUT_H
#define KEEPALIVE_OUTPUT_H

#include <stddef.h>

/* Writes to one of the program's descriptors. */
void output_line(int fd, const char *line, size_t length);

/*
 * Opens the file with this absolute path for appending, and creates it with mode 0640 if it does
 * not exist. Follows a symbolic link only in a directory in which nobody but root and the process's
 * user can have made it. Returns a descriptor, or -1 if it cannot be opened or is a FIFO without a
 * reader.
 */
int output_open(const char *path);

/* Opens that file, appends a line, and closes it. */
void output_append(const char *path, const char *line, size_t length);

#endif
