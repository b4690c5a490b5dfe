/*
 * thread: what proc(5) tells of a thread by its id.
 */
#ifndef KEEPALIVE_THREAD_H
#define KEEPALIVE_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a file below /proc/THREAD (0: our own) into buffer, terminated; no more of it than fits.
 * Returns false, and the empty string, where it cannot be read or is empty.
 */
bool thread_read(pid_t thread, const char *name, char *buffer, size_t size);

/*
 * Whether /proc is of our PID namespace; in one that was entered without mounting its own, the numbers
 * there mean other processes.
 */
bool thread_numbers_hold(void);

/* The process it is of; 0 where that cannot be seen. */
pid_t thread_process(pid_t thread);

#endif
