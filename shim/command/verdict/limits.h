/*
 * limits: what limits a yes: for whom, for which of its sockets, on which condition it holds.
 */
#ifndef KEEPALIVE_LIMITS_H
#define KEEPALIVE_LIMITS_H

#include "program/target.h"
#include "verdict/reach.h"

/* Adds the sentences to text, separated by "; ", as they hold for the file of a program. */
void text_limits(struct text *text, const struct target *target);

/* The same for a running process. */
void text_limits_seen(struct text *text, const struct reach *reach);

#endif
