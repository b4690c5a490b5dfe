/*
 * sockopt_names: the socket options as getsockopt(2) and setsockopt(2) name them, and numbers of
 * the kernel's that are newer than some C libraries' headers.
 *
 * A table for each file that includes it, so that no access goes through the object's GOT.
 */
#ifndef KEEPALIVE_SOCKOPT_NAMES_H
#define KEEPALIVE_SOCKOPT_NAMES_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "settings_table.h"

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* <linux/tcp.h>, Linux 6.15 */
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 /* <linux/in.h>, Linux 5.6; takes all but TCP_USER_TIMEOUT */
#endif

#define SOCKOPT_NAME(symbol, variable, word, preset, words, accepted, argument, help, level, name, \
		     ...) \
	[OPTION_##symbol] = { level, name },

static const struct {
	int level, name;
} sockopt_names[OPTIONS] = { SOCKET_SETTINGS(SOCKOPT_NAME) };

#endif
