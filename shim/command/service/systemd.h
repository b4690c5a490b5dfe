/*
 * systemd: runs systemd's own programs.
 */
#ifndef KEEPALIVE_SYSTEMD_H
#define KEEPALIVE_SYSTEMD_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* A running program of systemd, and its output on either descriptor. */
struct asked {
	pid_t pid;
	FILE *answer; /* NULL if it was not started */
};

/* Starts a command, a list with NULL at its end. */
struct asked systemd_ask(const char *const *command);

/* Waits for it. Returns its exit status. */
int systemd_end(struct asked *asked);

/* A property of a unit, as `systemctl show` has it; false if there is none. */
bool systemd_property(const char *unit, const char *property, char *value, size_t size);

#endif
