/*
 * output: writing a line where it can do no harm.
 *
 * Bare system calls, which are no cancellation points. A line is written at once and whole, or
 * dropped (on a terminal that is nearly full: cut); nothing here waits, and no SIGPIPE (a reader
 * gone), SIGXFSZ (RLIMIT_FSIZE) or SIGTTOU (a terminal's background job) reaches the program.
 */
#ifndef KEEPALIVE_OUTPUT_H
#define KEEPALIVE_OUTPUT_H

#include <stddef.h>

/* Writes to a descriptor of the program's. */
void output_line(int fd, const char *line, size_t length);

/*
 * Opens the file with this absolute path for appending; it is created with mode 0640 if it is not
 * there. A symbolic link is followed only in a directory where nobody but root and the process's
 * user can put one. Returns a descriptor, or -1 if it cannot be opened, or is a FIFO that nobody
 * reads.
 */
int output_open(const char *path);

/* Appends one line to that file, and closes it again. */
void output_append(const char *path, const char *line, size_t length);

#endif
