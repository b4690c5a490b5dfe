/*
 * proc: the files of proc(5) about a process or a thread.
 */
#ifndef KEEPALIVE_PROC_H
#define KEEPALIVE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Whether /proc shows this PID namespace. In a namespace that was entered without mounting its own,
 * the numbers there mean other processes.
 */
bool proc_is_ours(void);

/*
 * Keeps /proc open for all calls below, which go on using it whatever is mounted over it later.
 * Returns false if there is none.
 */
bool proc_hold(void);

/* Opens a file below /proc/ID (0: our own) for reading. Returns a descriptor, or -1 and errno. */
int proc_open(pid_t id, const char *name);

/* stat(2) of such a file; false if it fails. */
bool proc_stat(pid_t id, const char *name, struct stat *status);

/*
 * Like proc_read() below, for a file that is open; may be repeated. Returns -1 if it cannot be
 * read; an empty file is no error (cgroup is empty while no hierarchy is mounted).
 */
ssize_t proc_read_open(int fd, char *buffer, size_t size);

/*
 * Reads a file below /proc/ID (0: our own) into buffer, terminated, and no more than fits. Returns
 * its length; 0, with an empty string, if it is empty or cannot be read.
 */
size_t proc_read(pid_t id, const char *name, char *buffer, size_t size);

/*
 * Reads the whole file, which in the case of status may have 65,536 groups. Returns its text, to be
 * freed; "" if it is empty or cannot be read. length may be NULL.
 */
char *proc_read_all(pid_t id, const char *name, size_t *length);

/* The text after "NAME:" and blanks in the text of /proc/ID/status; "" if there is no such line. */
const char *proc_status_field(const char *status, const char *name);

/* A number from /proc/ID/status; 0 if it cannot be read. */
long proc_status_number(pid_t id, const char *name);

#endif
