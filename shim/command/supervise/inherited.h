/*
 * inherited: sockets that a program is started with (inetd, systemd socket activation). A preload
 * sees to them itself; for a supervised program it has to be done before.
 */
#ifndef KEEPALIVE_INHERITED_H
#define KEEPALIVE_INHERITED_H

#include "settings.h"

/*
 * Sets the options, as for the server side, of the TCP sockets among descriptors 0 to 2 and those
 * of sd_listen_fds(3).
 */
void inherited_arm(const struct settings *settings);

#endif
