/*
 * inherited: sockets that were open before main(): inetd, systemd socket activation.
 */
#ifndef KEEPALIVE_INHERITED_H
#define KEEPALIVE_INHERITED_H

/*
 * Sets the options for the server side on descriptors 0, 1, 2 and those of environment_listen_fds()
 * if they are TCP sockets. Called once, at load.
 */
void inherited_sockets(void);

#endif
