/*
 * supervise: keepalive for programs that a preload does not reach, by seccomp user notification
 * (seccomp_unotify(2)): a process beside the program makes its TCP sockets for it.
 */
#ifndef KEEPALIVE_SUPERVISE_H
#define KEEPALIVE_SUPERVISE_H

#include "settings.h"

/* The part of our command line that the supervisor may overwrite with a name of its own. */
struct title {
	char *start;
	size_t size;
};

enum supervision {
	SUPERVISION_ON,
	SUPERVISION_REFUSED, /* nothing has changed: the program can run without */
	SUPERVISION_BROKEN,  /* this process has a filter that nobody answers: it must end */
};

/*
 * Puts this process, and all that it executes and forks from now on, under supervision. Sets
 * no_new_privs where we lack CAP_SYS_ADMIN. Descriptors 0 to 2 and those of socket activation
 * (sd_listen_fds(3)) get their options at once. Under an outer supervisor of ours it is on already, with
 * that one's settings. Where it is refused, *why says why.
 */
enum supervision supervise_start(const struct settings *settings, struct title title,
				 struct text *why);

/* Whether programs gain what their setuid bit or file capabilities give also under supervision. */
bool supervise_keeps_privileges(void);

#endif
