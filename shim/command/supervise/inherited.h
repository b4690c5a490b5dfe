/*
 * inherited: sockets with which a program is started (inetd, systemd socket activation). A preload
 * handles these itself; for a supervised program it must be done before.
 */
#ifndef KEEPALIVE_INHERITED_H
#define KEEPALIVE_INHERITED_H

#include "settings.h"

/*
 * Sets the options for the server side on the TCP sockets among descriptors 0 to 2 and those of
 * sd_listen_fds(3).
 */
void inherited_arm(const struct settings *settings);

#endif
