/*
 * activation: the sockets that a program is started with: inetd(8) and systemd's socket activation
 * (sd_listen_fds(3)).
 */
#ifndef KEEPALIVE_ACTIVATION_H
#define KEEPALIVE_ACTIVATION_H

enum { LISTEN_FDS_START = 3 }; /* SD_LISTEN_FDS_START */

/*
 * How many descriptors, from LISTEN_FDS_START on, the service manager handed to the process pid.
 * The texts are those of LISTEN_FDS and LISTEN_PID, NULL if not set. 0 if they are not for this
 * process.
 */
int activation_count(const char *listen_fds, const char *listen_pid, unsigned long pid);

#endif
