/*
 * output: writing a line where it can do no harm.
 *
 * Bare system calls, which are no cancellation points. A line is written at once and whole, or dropped
 * (on a terminal that is nearly full: cut); nothing here waits, and no SIGPIPE (a reader gone), SIGXFSZ (RLIMIT_FSIZE) or SIGTTOU (a terminal's
 * background job) reaches the program.
 */
#ifndef KEEPALIVE_OUTPUT_H
#define KEEPALIVE_OUTPUT_H

#include <stddef.h>

/* Writes to a descriptor of the program's. */
void output_line(int fd, const char *line, size_t length);

/*
 * Appends to the file with this absolute path, which is created with mode 0640 where it is not there,
 * and closes it again. A symbolic link is followed only in a directory where nobody but root and the
 * process's user can put one.
 */
void output_append(const char *path, const char *line, size_t length);

#endif
