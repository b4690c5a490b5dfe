/*
 * supervise: keepalive for programs that a preload does not reach, by seccomp user notification
 * (seccomp_unotify(2)): a process beside the program makes its TCP sockets.
 *
 * keepalive-run(1), SUPERVISION and SECURITY, describes what is not covered and what differs for
 * the program.
 */
#ifndef KEEPALIVE_SUPERVISE_H
#define KEEPALIVE_SUPERVISE_H

#include "settings.h"
#include "supervise/title.h"

enum supervision {
	SUPERVISION_ON,
	SUPERVISION_PARTLY,  /* on, but without roles and rules */
	SUPERVISION_OUTER,   /* on already, by a supervisor with settings of its own */
	SUPERVISION_REFUSED, /* nothing was changed: the program can run without supervision */
	SUPERVISION_BROKEN,  /* this process has a filter that nobody answers, so it must end */
};

/*
 * Puts this process, and all that it executes and forks from now on, under supervision. Sets
 * no_new_privs if we lack CAP_SYS_ADMIN. Sets the options of descriptors 0 to 2 and of those of
 * socket activation (sd_listen_fds(3)) at once. Under an outer supervisor of ours it is on already,
 * with that one's settings. If it is refused, or partly on, *why is the reason.
 */
struct supervise_terms {
	struct title title;
	bool unreadable; /* the program's file is protected from us, unless we have CAP_SYS_PTRACE */
	bool best_effort; /* accept partial supervision */
};
enum supervision supervise_start(const struct settings *settings,
				 const struct supervise_terms *terms, struct text *why);

/*
 * The calls besides socket(2) that wait for the supervisor under these settings, with the verb:
 * "connect(2) waits", "connect(2) and listen(2) wait" and so on; NULL for none.
 */
const char *supervise_waiting(const struct settings *settings);

/*
 * Whether the settings also hold in processes that the program starts. With Yama's ptrace_scope 1
 * the supervisor may access the descriptors of the program, which allows it by PR_SET_PTRACER, but
 * fork(2) does not pass that on (security/yama/yama_lsm.c).
 */
bool supervise_reaches_children(const struct settings *settings);

/* Whether a supervisor serves this process already. */
bool supervise_is_on(void);

/*
 * Whether programs gain the privileges of their setuid bit or file capabilities also under
 * supervision.
 */
bool supervise_keeps_privileges(void);

#endif
