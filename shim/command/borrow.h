/*
 * borrow: what another thread's system call is about: its socket, and memory of its process.
 */
#ifndef KEEPALIVE_BORROW_H
#define KEEPALIVE_BORROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A copy of the thread's descriptor (pidfd_getfd(2)), to be closed soon: it keeps the socket open.
 * Returns -1 and errno where there is none or it is not permitted.
 */
int borrow_descriptor(pid_t thread, int fd);

/* Copies from the memory of the thread's process. Returns false where not all of it could be. */
bool borrow_memory(pid_t thread, uint64_t address, void *buffer, size_t size);

#endif
