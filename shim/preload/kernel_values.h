/*
 * kernel_values: what a new socket has: what stands for "kernel", since setsockopt(2) takes no value that
 * means "as the sysctl says".
 */
#ifndef KEEPALIVE_KERNEL_VALUES_H
#define KEEPALIVE_KERNEL_VALUES_H

#include "decide.h"

/* As kernel_values_read() found them; 0 for what it did not find, and before. */
extern struct values kernel_values __attribute__((visibility("hidden")));

/*
 * Reads net.ipv4.tcp_keepalive_* of the network namespace (ip-sysctl.rst). From files, which every
 * process may read: a service that has no business with the network may be killed for socket(2) or
 * getsockopt(2) (SystemCallFilter= of systemd.exec(5)), and a socket of ours would be armed by another preload
 * behind us.
 */
void kernel_values_read(void);

#endif
