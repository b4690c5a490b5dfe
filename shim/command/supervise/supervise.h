/*
 * supervise: keepalive for programs that a preload does not reach, by seccomp user notification
 * (seccomp_unotify(2)): a process beside the program makes its TCP sockets for it.
 *
 * What differs for the program, since it cannot be helped:
 * - without CAP_SYS_ADMIN it has no_new_privs: setuid programs that it executes gain nothing;
 * - a signal whose handler was installed without SA_RESTART can make socket(2) fail with EINTR, in the
 *   moment until the supervisor looks (before Linux 5.19: until it answers);
 * - wait(2) with __WALL or __WCLONE shows the supervisor, a child without exit signal, and so do
 *   /proc and kill(2) of everybody; once it is killed (SIGKILL), socket(2) for TCP fails with ENOSYS;
 * - it cannot have a notification filter of its own: seccomp(2) then fails with EBUSY;
 * - socket(2) answers EALREADY for one address family that no kernel has (filter_is_on());
 * - sockets carry the security label (SELinux, AppArmor) that the program was started with;
 * - mode=force: setsockopt(2) of our options succeeds on every descriptor and with every argument,
 *   since a filter sees neither which socket it is nor the value; a rule's mode=force is everybody's.
 * What is not served, and left as the kernel makes it: sockets made through io_uring or
 * socketcall(2) (32-bit x86 with glibc or Go), in another network namespace or cgroup than at the
 * start, received from other processes, or inherited past descriptor 2 without sd_listen_fds(3).
 * Rules see the program that was started, not what it starts; rules by peer do not hold for
 * accepted sockets.
 */
#ifndef KEEPALIVE_SUPERVISE_H
#define KEEPALIVE_SUPERVISE_H

#include "settings.h"
#include "supervise/title.h"

enum supervision {
	SUPERVISION_ON,
	SUPERVISION_PARTLY,  /* on, but roles and rules do not hold */
	SUPERVISION_OUTER,   /* on already, under a supervisor with settings of its own */
	SUPERVISION_REFUSED, /* nothing has changed: the program can run without */
	SUPERVISION_BROKEN,  /* this process has a filter that nobody answers: it must end */
};

/*
 * Puts this process, and all that it executes and forks from now on, under supervision. Sets
 * no_new_privs if we lack CAP_SYS_ADMIN. Descriptors 0 to 2 and those of socket activation
 * (sd_listen_fds(3)) get their options at once. Under an outer supervisor of ours it is on already,
 * with that one's settings. If it is refused, or on partly, *why says why.
 */
struct supervise_terms {
	struct title title;
	bool unreadable; /* the program's file: it is protected from us, unless we have CAP_SYS_PTRACE */
	bool best_effort; /* partly is better than not at all */
};
enum supervision supervise_start(const struct settings *settings,
				 const struct supervise_terms *terms, struct text *why);

/* Whether a supervisor serves this process already. */
bool supervise_is_on(void);

/* Whether programs gain what their setuid bit or file capabilities give also under supervision. */
bool supervise_keeps_privileges(void);

#endif
