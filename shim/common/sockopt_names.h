/*
 * sockopt_names: the options of settings.h as getsockopt(2) and setsockopt(2) name them, and numbers of
 * the kernel's that are newer than some C libraries' headers.
 *
 * A table for each file that includes it, so that no access goes through the object's GOT.
 */
#ifndef KEEPALIVE_SOCKOPT_NAMES_H
#define KEEPALIVE_SOCKOPT_NAMES_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "settings.h"

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* <linux/tcp.h>, Linux 6.15 */
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 /* <linux/in.h>, Linux 5.6; takes all but TCP_USER_TIMEOUT */
#endif

static const struct {
	int level, name;
} sockopt_names[OPTIONS] = {
	[OPTION_IDLE] = { IPPROTO_TCP, TCP_KEEPIDLE },
	[OPTION_INTERVAL] = { IPPROTO_TCP, TCP_KEEPINTVL },
	[OPTION_COUNT] = { IPPROTO_TCP, TCP_KEEPCNT },
	[OPTION_USER_TIMEOUT] = { IPPROTO_TCP, TCP_USER_TIMEOUT },
	[OPTION_RTO_MAX] = { IPPROTO_TCP, TCP_RTO_MAX_MS },
	[OPTION_KEEPALIVE] = { SOL_SOCKET, SO_KEEPALIVE },
};

#endif
