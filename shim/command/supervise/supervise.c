/* supervise: starts the supervisor of this process and installs the filter. */
#include "supervise/supervise.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "process/capability.h"
#include "process/permission.h"
#include "process/proc.h"
#include "process/unseen.h"
#include "supervise/channel.h"
#include "supervise/filter.h"
#include "supervise/inherited.h"
#include "supervise/seccomp_notify.h"
#include "supervise/supervisor.h"

static int seccomp_filter(const struct filter *filter, unsigned long flags)
{
	struct sock_filter code[FILTER_MAX];
	struct sock_fprog program = { filter->length, code };
	int listener;

	memcpy(code, filter->code, sizeof(code));
	listener = seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
	if (listener < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		listener = seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
	return listener;
}

/*
 * Installs the filter on this process. Returns the notification descriptor, or -1 and errno.
 * Without SPEC_ALLOW, kernels before 5.16 would slow the program down, as for a sandbox. Without
 * WAIT_KILLABLE_RECV, signals interrupt a call that waits for us, so it is left out only if the
 * kernel does not know it.
 */
static int install(const struct filter *filter)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int listener = seccomp_filter(filter, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);

	if (listener < 0 && errno == EINVAL)
		listener = seccomp_filter(filter, flags);
	return listener;
}

/*
 * Tries what install() and the supervisor will do, in a process of its own. Returns 0 or an errno.
 */
static int try_install(const struct filter *filter)
{
	struct seccomp_notif_addfd nothing = { 0 };
	int listener = install(filter);

	if (listener < 0)
		return errno;
	nothing.srcfd = (uint32_t)listener;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &nothing);
	return errno == ENOENT ? 0 : errno; /* no such notification: the flag is known */
}

/* A filter cannot be removed, so it is tried in another process before it is installed here. */
static int trial(const struct filter *filter)
{
	pid_t child = unseen_fork();
	int status;

	if (child == 0)
		_exit(try_install(filter));
	if (child < 0)
		return errno;
	status = unseen_reap(child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static void explain_seccomp(struct text *why, int error)
{
	switch (error) {
	case EBUSY:
		text_string(why, "something supervises this process already, with a seccomp "
				 "notification filter, and there can be only one");
		break;
	case EAGAIN:
	case ENOMEM:
		text_string(why, "no process can be started beside it (");
		text_string(why, strerror(error));
		text_string(why, ")");
		break;
	case EINVAL:
		text_string(why, "this needs Linux 5.9 or later, with CONFIG_SECCOMP_FILTER");
		break;
	default:
		text_string(why, "seccomp(2) is refused here (");
		text_string(why, strerror(error));
		text_string(why, "), by the seccomp profile of a container or service; it has to "
				 "allow seccomp with user notification, as Docker's own does");
	}
}

static void explain_supervisor(struct text *why, int state)
{
	if (state == SUPERVISOR_NO_PROC)
		text_string(why, "/proc is not mounted, or is not this PID namespace's; without "
				 "it the network namespace of a thread cannot be found out");
	else if (state == SUPERVISOR_NO_THREAD)
		text_string(why, "no thread can be started beside it");
	else
		text_string(why, "a role, or rules that name peers, ports or roles, need "
				 "pidfd_getfd(2) under supervision, which is refused here (by the "
				 "seccomp profile of a container or service, Yama's ptrace_scope, "
				 "or because its file may not be read); allow that call or "
				 "CAP_SYS_PTRACE, or do without them");
}

/*
 * Starts the supervisor. Returns its state; *channel stays open if it is ready. It must be our
 * child, so that it can also exist when we are PID 1; and the program that we become must not
 * notice a child that it does not know.
 */
static int start_supervisor(const struct plan *plan, struct title title, int *channel, pid_t *pid)
{
	int ends[2], state;

	if (!channel_open(ends) || (*pid = unseen_fork()) < 0)
		return -1;
	if (*pid == 0) {
		close(ends[0]);
		supervisor_run(plan, ends[1], title);
	}
	close(ends[1]);
	*channel = ends[0];
	if (plan_reaches_into(plan))
		prctl(PR_SET_PTRACER, *pid, 0, 0, 0); /* for Yama; fails if there is none */
	if (!channel_send(*channel, *channel, -1) || !channel_receive(*channel, &state, NULL))
		state = -1;
	if (state != SUPERVISOR_READY) {
		close(*channel);
		unseen_reap(*pid);
	}
	return state;
}

/* By themselves, or through setuid programs, which no_new_privs would make ineffective. */
static bool may_change_user(void)
{
	return capability_held(CAP_SETUID) || capability_held(CAP_SETGID) ||
	       supervise_keeps_privileges();
}

/* There is another supervisor; EBUSY may also mean another program's filter. */
static enum supervision under_another(struct text *why)
{
	switch (filter_state()) {
	case FILTER_SERVES:
		return SUPERVISION_OUTER;
	case FILTER_ELSEWHERE:
		text_string(why,
			    "it is supervised already, by a 'keepalive run' in another network "
			    "namespace or control group, which leaves its sockets alone");
		break;
	case FILTER_OFF:
		explain_seccomp(why, EBUSY);
		break;
	}
	return SUPERVISION_REFUSED;
}

/*
 * If possible, a plan that does without the program's sockets; with best effort, any that achieves
 * something.
 */
static bool may_give_up_reach(const struct plan *plan, const struct supervise_terms *terms)
{
	return !plan_needs_reach(plan) || (terms->best_effort && plan->socket);
}

struct beside {
	int channel;
	pid_t pid;
};

/* Starts the supervisor with what it can do of the plan. Returns its state. */
static int start(struct plan *plan, const struct supervise_terms *terms, struct beside *beside)
{
	bool kept_off = terms->unreadable && !capability_held(CAP_SYS_PTRACE);
	int state = plan_reaches_into(plan) && kept_off
			    ? SUPERVISOR_NO_REACH
			    : start_supervisor(plan, terms->title, &beside->channel, &beside->pid);

	if (state != SUPERVISOR_NO_REACH || !may_give_up_reach(plan, terms))
		return state;
	plan_give_up_reach(plan);
	return start_supervisor(plan, terms->title, &beside->channel, &beside->pid);
}

/* Passes on the notification descriptor. Returns SUPERVISION_ON, or the reason why not. */
static enum supervision begin(const struct plan *plan, const struct beside *beside,
			      struct text *why)
{
	struct filter filter;
	int listener, confirmed;

	filter_build(plan, &filter);
	listener = install(&filter);
	if (listener < 0) {
		explain_seccomp(why, errno);
		close(beside->channel);
		unseen_reap(beside->pid);
		return SUPERVISION_REFUSED;
	}
	if (!channel_send(beside->channel, 0, listener) ||
	    !channel_receive(beside->channel, &confirmed, NULL)) {
		text_string(why, "the supervisor has ended");
		return SUPERVISION_BROKEN;
	}
	close(listener);
	close(beside->channel);
	return SUPERVISION_ON;
}

/*
 * Whether our children get another PID namespace: then a supervisor would not see us, and the first
 * process that we start ends that namespace with it, before the program starts one.
 */
static bool children_are_elsewhere(void)
{
	struct stat ours, theirs;

	/* without a process the other one cannot be seen */
	return proc_stat(0, "ns/pid", &ours) &&
	       (!proc_stat(0, "ns/pid_for_children", &theirs) || ours.st_ino != theirs.st_ino);
}

enum supervision supervise_start(const struct settings *settings,
				 const struct supervise_terms *terms, struct text *why)
{
	static struct plan plan; /* the supervisor's copy, too */
	enum supervision supervision;
	struct beside beside;
	struct filter filter;
	bool needs_reach;
	int error, state;

	plan_calls(settings, &plan);
	plan.users = may_change_user();
	needs_reach = plan_needs_reach(&plan);
	if (children_are_elsewhere()) {
		text_string(why, "its children are in another PID namespace than itself (unshare "
				 "--pid needs --fork), and so would the supervisor be");
		return SUPERVISION_REFUSED;
	}
	filter_build(&plan, &filter);
	error = trial(&filter);
	if (error == EBUSY)
		return under_another(why);
	if (error) {
		explain_seccomp(why, error);
		return SUPERVISION_REFUSED;
	}
	state = start(&plan, terms, &beside);
	if (state != SUPERVISOR_READY) {
		if (state < 0)
			text_string(why, strerror(errno));
		else
			explain_supervisor(why, state);
		return SUPERVISION_REFUSED;
	}
	inherited_arm(settings);
	supervision = begin(&plan, &beside, why);
	if (supervision != SUPERVISION_ON || !needs_reach || plan.reach)
		return supervision;
	explain_supervisor(why, SUPERVISOR_NO_REACH);
	return SUPERVISION_PARTLY;
}

const char *supervise_waiting(const struct settings *settings)
{
	struct plan plan;

	plan_calls(settings, &plan);
	if (plan.connect)
		return plan.listen ? "connect(2) and listen(2) wait" : "connect(2) waits";
	return plan.listen ? "listen(2) waits" : NULL;
}

bool supervise_reaches_children(const struct settings *settings)
{
	struct plan plan;

	plan_calls(settings, &plan);
	return !plan_reaches_into(&plan) || permission_ptrace_scope() == '0' ||
	       capability_held(CAP_SYS_PTRACE);
}

bool supervise_is_on(void)
{
	return filter_state() == FILTER_SERVES;
}

bool supervise_keeps_privileges(void)
{
	return capability_held(CAP_SYS_ADMIN);
}
