/*
 * kernel_values: the values of a new socket. They are set for "kernel", because setsockopt(2) has
 * no value that means "as in the sysctl".
 */
#ifndef KEEPALIVE_KERNEL_VALUES_H
#define KEEPALIVE_KERNEL_VALUES_H

#include "decide.h"

/* As kernel_values_read() found them; 0 before it is called. */
extern struct values kernel_values __attribute__((visibility("hidden")));

/*
 * Reads net.ipv4.tcp_keepalive_* of the network namespace (ip-sysctl.rst) from files, which every
 * process may read. A service without network access may be killed for socket(2) or getsockopt(2)
 * (SystemCallFilter= of systemd.exec(5)), and another preload behind us would change a socket that
 * we made. If there are no such files, the values are the kernel's initial ones.
 */
void kernel_values_read(void);

#endif
