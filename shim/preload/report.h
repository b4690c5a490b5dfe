/*
 * report: messages at load, and KEEPALIVE_SHIM_LOG.
 *
 * A line is one write. Nothing here blocks, raises a signal, keeps a descriptor open or is a
 * cancellation point. What cannot be written is dropped.
 */
#ifndef KEEPALIVE_REPORT_H
#define KEEPALIVE_REPORT_H

#include "complaint.h"
#include "settings.h"
#include "sockets.h"

/* Remembers what the log needs: its target, and which file standard error is now. */
void report_start(const struct settings *settings);

/*
 * A complain_function for environment_read(): one line on standard error, unless that is the peer
 * (inetd), or `keepalive run` has printed it. Complaints about the host's file are left out,
 * because every program of the host would print them.
 */
void report_complaint(void *context, const struct complaint *complaint);

/*
 * A complain_function: one line in the log for a complaint about the host's file, nothing for
 * others.
 */
void report_host_file(void *context, const struct complaint *complaint);

enum report_as { AS_CLIENT, AS_SERVER, AS_LISTENER };

/* The log. Each does nothing if it is off. */
void report_socket(int fd, enum report_as as, const struct known *known);
void report_not_tcp(int fd, int domain, int type, int protocol);
void report_refused(int fd, enum sockopt option, int error);
void report_timeout(int fd, int milliseconds);

#endif
