/*
 * unseen: children that the program does not meet.
 *
 * A child with no exit signal is one that wait(2) shows only to those who ask for __WALL or
 * __WCLONE, and raises no SIGCHLD: one that is blocked would wait for the program, and if it is
 * ignored, children cannot be waited for. fork(2) cannot make one.
 */
#ifndef KEEPALIVE_UNSEEN_H
#define KEEPALIVE_UNSEEN_H

#include <sys/types.h>

/* As fork(2), from a process with one thread. */
pid_t unseen_fork(void);

/* Waits for the end of such a child. Returns its status as waitpid(2) has it, or -1. */
int unseen_reap(pid_t child);

#endif
