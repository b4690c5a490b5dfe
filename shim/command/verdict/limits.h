/*
 * limits: what limits a yes: for which users, for which sockets, under which conditions it is true.
 */
#ifndef KEEPALIVE_LIMITS_H
#define KEEPALIVE_LIMITS_H

#include "program/target.h"
#include "verdict/reach.h"

/* Appends the sentences that apply to a program's file to text, separated by "; ". */
void text_limits(struct text *text, const struct target *target);

/* That the program is given another, which no preload reaches: if target->given is not empty. */
void text_given(struct text *text, const struct target *target);

/* The same for a running process. */
void text_limits_seen(struct text *text, const struct reach *reach);

#endif
