/*
 * pidfd: accesses another process's sockets through short-lived copies of its descriptors
 * (pidfd_getfd(2), Linux 5.6), and its memory (process_vm_readv(2)).
 *
 * The process is not stopped and does not notice. A copy keeps the socket open, so it is closed at
 * once: the peer must see the end of the connection when the process closes its descriptor.
 */
#ifndef KEEPALIVE_PIDFD_H
#define KEEPALIVE_PIDFD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/process.h"

/* pidfd_open(2). Returns a descriptor, or -1 and errno: ENOSYS before Linux 5.3. */
int pidfd_of(pid_t pid);

/* The same for one thread; EINVAL before Linux 6.9. */
int pidfd_of_thread(pid_t thread);

/*
 * A copy of the process's descriptor, if it is still that socket. Returns a descriptor for
 * close(2), or -1 and errno: EPERM if that is not permitted, ENOSYS before Linux 5.6, EBADF if the
 * descriptor has gone or become another, ESRCH if the process has ended.
 */
int pidfd_copy(int pidfd, const struct socket_fd *wanted);

/* Whether this errno of pidfd_copy() applies to all descriptors of the process. */
bool pidfd_refused(int error);

/* TCP_ESTABLISHED and so on; 0 if the kernel does not say. */
uint8_t pidfd_tcp_state(int copy);

/*
 * A copy of the thread's descriptor, whatever it is. Returns a descriptor for close(2), or -1 and
 * errno.
 */
int pidfd_copy_of_thread(pid_t thread, int fd);

/*
 * Copies from the memory of the thread's process. Returns false if not all of it could be copied.
 */
bool pidfd_memory(pid_t thread, uint64_t address, void *buffer, size_t size);

#endif
