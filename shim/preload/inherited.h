/*
 * inherited: sockets that were open before main(): inetd, systemd socket activation.
 */
#ifndef KEEPALIVE_INHERITED_H
#define KEEPALIVE_INHERITED_H

/*
 * Sets the options, as for the server side, of descriptors 0, 1, 2 and those of
 * environment_listen_fds() if they are TCP sockets. At load, once.
 */
void inherited_sockets(void);

#endif
