/*
 * obstruction: what in a unit would keep a program of ours from working in its service
 * (systemd.exec(5)).
 */
#ifndef KEEPALIVE_OBSTRUCTION_H
#define KEEPALIVE_OBSTRUCTION_H

#include "service/unit.h"

/*
 * Whether SystemCallFilter= allows the system call of this name. Sets such as @system-service are
 * looked up with systemd-analyze(1).
 */
bool obstruction_allows(const struct service *unit, const char *call);

/*
 * What hides the file at this path from the service, in words such as "ProtectHome="; NULL if
 * nothing that is known here does.
 */
const char *obstruction_hides(const struct service *unit, const char *path);

#endif
