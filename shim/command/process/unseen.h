/*
 * unseen: children that the program does not notice.
 *
 * A child without an exit signal is reported by wait(2) only with __WALL or __WCLONE, and raises no
 * SIGCHLD, which would otherwise be pending if it is blocked, and keep children from being waited
 * for if it is ignored. fork(2) cannot make such a child.
 */
#ifndef KEEPALIVE_UNSEEN_H
#define KEEPALIVE_UNSEEN_H

#include <sys/types.h>

/* Like fork(2), for a process with one thread. */
pid_t unseen_fork(void);

/* Waits until such a child ends. Returns its status as waitpid(2) does, or -1. */
int unseen_reap(pid_t child);

#endif
