/* supervisor: answers the calls of a supervised program. */
#include "supervise/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "process/pidfd.h"
#include "process/proc.h"
#include "process/process.h"
#include "process/unseen.h"
#include "sockets/side.h"
#include "sockets/sockopts.h"
#include "sockopt_names.h"
#include "supervise/callers.h"
#include "supervise/channel.h"
#include "supervise/filter.h"
#include "supervise/guard.h"
#include "supervise/notes.h"
#include "supervise/notification.h"
#include "supervise/seccomp_notify.h"
#include "supervise/supervisor_log.h"
#include "supervise/workers.h"

/* The supervisor is a process of its own, and this is its whole state. */
enum {
	WORKERS = 64,
	OPEN = 16,        /* descriptors that are always open, at most */
	OPEN_BY_EACH = 3, /* the most that a worker opens */
	LEAN = 128,       /* with fewer descriptors there is one worker */
};

static const struct plan *plan;
static int listener; /* the filter's notifications */
static bool lean;    /* very few descriptors are allowed */
static struct title title;
static pid_t served;                /* the process that our title names; at first the program */
static atomic_bool served_has_gone; /* so that the title must name another */
static int waker = -1;              /* an eventfd(2) for the main thread */
static bool reaches;                /* as far as the plan needs that */
static bool has_priority;           /* may have one, at least try */

/*
 * There is no memory for a socket, or no free descriptor. The kernel would return the same error,
 * unless resources are free again a moment later: then it would make a socket without keepalive.
 */
static void refuse_socket(const struct notification *call, int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		notification_fail(call, error);
		break;
	default:
		notification_go_on(call);
	}
}

static void say_left_alone(const struct notification *call)
{
	supervisor_log_caller(notification_thread(call));
	supervisor_log("a socket left alone: not in our network namespace or cgroup");
}

/*
 * The caller itself takes the descriptor, so this waits until it gets a processor. If that took long
 * last time, another worker stands in meanwhile.
 */
static int add_descriptor(struct notification *call, struct caller *caller, int fd)
{
	bool cloexec = notification_argument(call, 1) & SOCK_CLOEXEC;
	unsigned began = workers_ticks();
	int theirs;

	if (caller->slow)
		workers_stand_in();
	theirs = notification_add_descriptor(call, fd, cloexec);
	caller->slow = workers_ticks() - began > 1;
	return theirs;
}

/*
 * The program must not continue before our own descriptor is closed: otherwise it would find the
 * port of a socket in use that it has closed, and its peer would not be notified.
 */
static void hand_over(struct notification *call, struct caller *caller, int fd)
{
	int theirs = add_descriptor(call, caller, fd);
	int error = errno;

	close(fd);
	supervisor_log_caller(notification_thread(call));
	if (theirs < 0) {
		refuse_socket(call, error);
		return;
	}
	notification_return(call, theirs);
	supervisor_log_new(theirs, plan->client);
}

/* Makes the socket that the caller would get, and passes it on. */
static void serve_socket(struct notification *call, struct caller *caller)
{
	struct impersonation impersonation;
	int fd, error;

	if (!impersonate(&impersonation, caller, call)) {
		say_left_alone(call);
		notification_go_on(call);
		return;
	}
	fd = socket(notification_argument(call, 0), notification_argument(call, 1) | SOCK_CLOEXEC,
		    notification_argument(call, 2));
	error = errno;
	impersonate_end(&impersonation);
	if (fd < 0) {
		refuse_socket(call, error);
		return;
	}
	sockopts_arm(fd, settings_profile(plan->settings, plan->client));
	hand_over(call, caller, fd);
}

/* Keeps only this descriptor, until the supervisor ends it, or itself. */
__attribute__((noreturn)) static void hold(int fd, pid_t supervisor)
{
	enum { CLOSE_RANGE = 436 }; /* on all architectures; fails before Linux 5.9 */

	dup2(fd, STDIN_FILENO);
	syscall(CLOSE_RANGE, STDIN_FILENO + 1, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == supervisor)
		pause();
	_exit(0);
}

/*
 * Closes a copy that may have become the last one, without waiting for data to be sent (SO_LINGER).
 * The kernel does not wait when a process ends, so a process with a copy is made, and ends.
 */
static void close_at_once(int fd)
{
	struct linger linger = { 0 };
	socklen_t length = sizeof(linger);
	pid_t holder = -1, us = getpid();

	if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff &&
	    linger.l_linger)
		holder = unseen_fork();
	if (holder == 0)
		hold(fd, us);
	close(fd);
	if (holder < 0)
		return;
	kill(holder, SIGKILL);
	unseen_reap(holder);
}

static void say_out_of_reach(const struct notification *call, int error)
{
	supervisor_log_caller(notification_thread(call));
	supervisor_log("fd %d left as it is: the process does not let its descriptors be copied "
		       "(%s)",
		       notification_argument(call, 0), strerror(error));
}

/* A copy of the TCP socket that the call is about; -1 if it is not TCP or cannot be accessed. */
static int borrow_socket(const struct notification *call)
{
	int fd = pidfd_copy_of_thread(notification_thread(call), notification_argument(call, 0));

	if (fd < 0 && pidfd_refused(errno))
		say_out_of_reach(call, errno);
	if (fd >= 0 && notification_is_valid(call) && sockopts_apply_to(fd, NULL))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* What is known of a socket that was made with the client's profile. */
static struct standing standing_noted(int fd)
{
	struct standing noted = notes_of(fd, plan->client);

	/* That is no value of ours, so all values are the program's or a new socket's. */
	if (!settings_profile(plan->settings, noted.given)->value[OPTION_KEEPALIVE])
		noted.given = PROFILE_NONE;
	return noted;
}

/* Changes a socket, which was made with the client's profile, to the profile for its new role. */
static void serve_role(const struct notification *call, struct caller *caller, int fd,
		       enum role role, const struct endpoint *peer)
{
	const struct settings *settings = plan->settings;
	struct endpoint local = endpoint_asked(getsockname, fd);
	unsigned number = profile_for(settings, role, &local, peer);
	struct standing standing = standing_noted(fd);

	if (settings_profile(settings, number)->force && !caller_is_here(caller, call)) {
		say_left_alone(call);
		return;
	}
	standing = sockopts_apply(fd, settings, standing.given, standing.owned, number);
	notes_change(fd, &standing);
	supervisor_log_caller(notification_thread(call));
	supervisor_log_socket(notification_argument(call, 0), role, &local, peer, &standing);
}

/*
 * Whether the kernel may accept the call on the socket: a connection stays one, and a listener may
 * only listen again. What fails must change nothing.
 */
static bool may_become(int fd, enum role role)
{
	uint8_t state = pidfd_tcp_state(fd);

	return !state || state == TCP_CLOSE || (state == TCP_LISTEN && role == ROLE_SERVER);
}

static void serve_listen(const struct notification *call, struct caller *caller)
{
	static const struct endpoint nobody;
	int fd = borrow_socket(call);

	if (fd >= 0) {
		if (may_become(fd, ROLE_SERVER))
			serve_role(call, caller, fd, ROLE_SERVER, &nobody);
		close_at_once(fd);
	}
	notification_go_on(call);
}

/*
 * Connecting to "any" connects to this host: over IPv4 to the address that the socket is bound to,
 * otherwise to the loopback (ip(7), tcp_v6_connect() in net/ipv6/tcp_ipv6.c).
 */
static struct address address_of_any(int fd, enum address_family family)
{
	const struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
	struct address bound = endpoint_asked(getsockname, fd).address;

	if (family == ADDRESS_IPV4 && bound.family == ADDRESS_IPV4 && !address_is_any(&bound))
		return bound;
	if (family == ADDRESS_IPV4 || bound.family == ADDRESS_IPV4)
		return address_ipv4(&loopback);
	return address_ipv6(&in6addr_loopback);
}

static void serve_connect(const struct notification *call, struct caller *caller)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	size_t length = (uint32_t)notification_argument(call, 2);
	struct endpoint peer = { .port = 0 };
	int fd;

	if (length > sizeof(address))
		length = sizeof(address);
	if (pidfd_memory(notification_thread(call), call->call.data.args[1], &address, length))
		peer = endpoint_of((struct sockaddr *)&address, (socklen_t)length);
	fd = peer.address.family ? borrow_socket(call) : -1;
	if (fd >= 0) {
		if (address_is_any(&peer.address))
			peer.address = address_of_any(fd, peer.address.family);
		if (may_become(fd, ROLE_CLIENT))
			serve_role(call, caller, fd, ROLE_CLIENT, &peer);
		close_at_once(fd);
	}
	notification_go_on(call);
}

/* Whether the profile has mode=force and the socket has its values. */
static bool is_forced(const struct profile *profile, const struct values *now)
{
	return profile->force && now->value[OPTION_KEEPALIVE] == profile->value[OPTION_KEEPALIVE] &&
	       has_values_of(profile, now);
}

/*
 * The profile with mode=force that we gave a socket; NULL if there is none. A socket that a role, a
 * rule or a namespace leaves alone does not have our values, so the program's own calls apply to
 * it. So they do in a mixed plan before it connects or listens: then they are noted.
 */
static const struct profile *forced_profile(int fd)
{
	static const struct endpoint nobody; /* accepted sockets have their listener's profile */
	const struct settings *settings = plan->settings;
	unsigned roles = plan->mixed ? side_of(fd) : ROLE_BOTH;
	struct endpoint local = endpoint_asked(getsockname, fd), peer = side_peer(fd);
	const struct {
		enum role role;
		unsigned number;
	} candidates[] = {
		{ ROLE_CLIENT, profile_for(settings, ROLE_CLIENT, &local, &peer) },
		{ ROLE_SERVER, profile_for(settings, ROLE_SERVER, &local, &nobody) },
		{ ROLE_CLIENT, plan->client },
	};
	struct values now;

	sockopts_read(fd, &now);
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		const struct profile *profile = settings_profile(settings, candidates[i].number);

		if (roles & candidates[i].role && is_forced(profile, &now))
			return profile;
	}
	return NULL;
}

/* The option that setsockopt(2) is about. */
static enum sockopt option_of(const struct notification *call)
{
	enum sockopt option = 0;

	while (option < OPTIONS && (sockopt_names[option].level != notification_argument(call, 1) ||
				    sockopt_names[option].name != notification_argument(call, 2)))
		option++;
	return option;
}

/*
 * The program's own setsockopt(2) of an option that is ours: makes the call, so that the kernel
 * judges the value, and then restores ours. Returns false if the kernel alone should handle it: not
 * our socket, or no value.
 */
static bool force_again(const struct notification *call, int fd, int *error)
{
	const struct profile *profile = forced_profile(fd);
	enum sockopt option = option_of(call);
	int32_t value;

	if (!profile || option == OPTIONS ||
	    (!profile->value[option] && option != OPTION_KEEPALIVE) ||
	    notification_argument(call, 4) < (int)sizeof(value) ||
	    !pidfd_memory(notification_thread(call), call->call.data.args[3], &value,
			  sizeof(value)))
		return false;
	*error = sockopt_set(fd, option, value);
	if (!*error)
		sockopt_set(fd, option, profile->value[option]);
	return true;
}

/* A socket that is not made here is made without values of ours. */
static void note_option(const struct notification *call, int fd, bool here)
{
	unsigned option = 1U << option_of(call);

	if (plan->noted & option && notification_argument(call, 4) >= (int)sizeof(int32_t))
		notes_add(fd, here ? plan->client : PROFILE_NONE, option);
}

static void serve_setsockopt(const struct notification *call, struct caller *caller)
{
	bool here = caller_is_here(caller, call), forced = false;
	int fd = here || plan->noted ? borrow_socket(call) : -1;
	int error = 0;

	if (fd >= 0) {
		forced = here && force_again(call, fd, &error);
		if (!forced)
			note_option(call, fd, here);
		close_at_once(fd);
	}
	if (forced)
		notification_fail(call, error);
	else
		notification_go_on(call);
}

static void answer_question(const struct notification *call, struct caller *caller)
{
	notification_fail(call, caller_is_here(caller, call) ? FILTER_YES : FILTER_NOT_HERE);
}

static void show_name(const char *name)
{
	size_t length = strlen(name);

	memset(title.start, 0, title.size);
	if (length < title.size)
		memcpy(title.start, name, length);
}

/* Sets our title, which names the process that we serve, for those who look for its supervisor. */
static void name_ourselves(pid_t pid)
{
	char name[64];

	snprintf(name, sizeof(name), SUPERVISING "%d", (int)pid);
	show_name(name);
	served = pid;
}

/* A title that names no process, because it may be another one by now. */
static void become_guard(void)
{
	show_name("keepalive guarding a supervisor");
}

static void serve(struct notification *call)
{
	struct caller unkept, *caller = caller_begin(call, &unkept);

	if (served_has_gone && atomic_exchange(&served_has_gone, false)) {
		/*
		 * Names a daemon's master instead of the worker that is served: it has our filter,
		 * and we do not.
		 */
		name_ourselves(process_first_filtered(caller_process(caller),
						      proc_status_number(0, "Seccomp_filters")));
		eventfd_write(waker, 1);
	}
	switch (filter_call(&call->call.data)) {
	case CALL_SOCKET:
		if (notification_argument(call, 0) == FILTER_QUESTION)
			answer_question(call, caller);
		else
			serve_socket(call, caller);
		break;
	case CALL_SETSOCKOPT:
		serve_setsockopt(call, caller);
		break;
	case CALL_LISTEN:
		serve_listen(call, caller);
		break;
	case CALL_CONNECT:
		serve_connect(call, caller);
		break;
	case CALL_CHANGE:
		caller_changes(caller);
		notification_go_on(call);
		break;
	case CALL_OTHER:
		notification_go_on(call);
		break;
	}
	caller_end(caller);
}

/*
 * Loops until POLLHUP: the last process with the filter has ended. A daemon's first process ends
 * earlier; then the title names the one that is served next.
 */
static void await_end(void)
{
	enum { FILTER, SERVED, WAKER, ENDS };
	struct pollfd ends[ENDS] = {
		[FILTER] = { .fd = listener },
		[SERVED] = { .fd = -1, .events = POLLIN },
		[WAKER] = { .fd = waker, .events = POLLIN },
	};
	eventfd_t count;

	for (;;) {
		if (poll(ends, ENDS, workers_watch()) < 0)
			continue;
		if (ends[FILTER].revents & POLLHUP) /* POLLERR: we have been stopped */
			return;
		if (ends[WAKER].revents)
			eventfd_read(waker, &count);
		if (ends[SERVED].fd < 0 && !served_has_gone && !lean) {
			ends[SERVED].fd = pidfd_of(served);
			served_has_gone = ends[SERVED].fd < 0 && errno == ESRCH;
		}
		if (ends[SERVED].fd >= 0 && ends[SERVED].revents) {
			close(ends[SERVED].fd);
			ends[SERVED].fd = -1;
			served_has_gone = true;
		}
	}
}

/*
 * We must not keep any of the program's files open: a reader of its standard output, for instance,
 * waits until all writers have closed it.
 */
static void close_all_but(int channel, int log)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	DIR *descriptors = opendir("/proc/self/fd");
	struct dirent *entry;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0)
			close(fd);
		else if (fd != null)
			dup2(null, fd);
	}
	while (descriptors && (entry = readdir(descriptors))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd != channel && fd != log && fd != dirfd(descriptors))
			close(fd);
	}
	if (descriptors)
		closedir(descriptors);
}

/*
 * Separates us from the program: no signal of its terminal or process group ends us before it, we
 * keep none of its directories busy, and a search for its command line does not find us.
 */
static void stand_aside(int channel)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	close_all_but(channel, supervisor_log_start(plan->settings));
	served = getppid();
	(void)!chdir("/");
}

/*
 * Whether a call works here, and the process survives it: the filter of a service (SystemCallFilter=
 * of systemd.exec(5)) kills for what it does not allow, so another process tries it.
 */
static bool works(bool attempt(int), int argument)
{
	pid_t child = unseen_fork();
	int status;

	if (child < 0)
		return false;
	if (child == 0) {
		prctl(PR_SET_DUMPABLE, 0); /* no core */
		_exit(!attempt(argument));
	}
	status = unseen_reap(child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * Whether the program's descriptors may be copied and its memory be read; tried with a descriptor
 * that it has now, and with a variable that has the same address in both.
 */
static bool reach_into(int theirs)
{
	pid_t copied;

	return pidfd_copy_of_thread(served, theirs) >= 0 &&
	       pidfd_memory(served, (uintptr_t)&served, &copied, sizeof(copied));
}

static bool go_first(int unused)
{
	(void)unused;
	workers_go_first();
	return true;
}

/* Raises the limit of descriptors as far as possible, because the program's limit is ours too. */
static unsigned raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max > INT_MAX ? INT_MAX : (unsigned)limit.rlim_max;
}

/* With very few descriptors, one worker with one of them at a time has to do. */
static bool prepare_callers(unsigned limit, unsigned workers)
{
	enum { KEPT_MAX = 256 };
	unsigned left = lean ? 0 : (limit - OPEN - OPEN_BY_EACH * workers) / CALLER_DESCRIPTORS;

	if (lean) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
	} else {
		waker = eventfd(0, EFD_CLOEXEC);
	}
	return callers_init(plan->users, left < KEPT_MAX ? left : KEPT_MAX);
}

static int prepare(struct notification *calls)
{
	unsigned limit = raise_limit(), workers = limit / OPEN_BY_EACH / 2;

	lean = limit < LEAN;
	if (lean)
		workers = 1;
	else if (workers > WORKERS)
		workers = WORKERS;
	if (!prepare_callers(limit, workers))
		return SUPERVISOR_NO_PROC;
	sockopts_of_kernel(); /* so that no thread reads it first */
	if (!workers_prepare(serve, calls, workers, waker, has_priority))
		return SUPERVISOR_NO_THREAD;
	return SUPERVISOR_READY;
}

/* For the first supervisor: reports its state to its parent, and receives the descriptor. */
static void begin(struct guarded *guarded, int channel)
{
	int theirs, state = prepare(guarded->in_flight);

	if (state == SUPERVISOR_READY && !reaches)
		state = SUPERVISOR_NO_REACH;
	if (!channel_send(channel, state, -1) || !channel_receive(channel, &theirs, &listener) ||
	    listener < 0)
		_exit(1);
	guard_hand_over(guarded, listener);
}

/*
 * For its successors. Calls that we can no longer serve, because threads or /proc are refused by
 * now, are left to the kernel, as they would be without us.
 */
static void take_over(const struct guarded *guarded)
{
	listener = guarded->listener;
	notifications_from(listener);
	served_has_gone = proc_status_number(getppid(), "PPid") != served;
	if (prepare(guarded->in_flight) == SUPERVISOR_READY)
		return;
	while (!notifications_are_over()) {
		if (notification_receive(guarded->in_flight))
			notification_go_on(guarded->in_flight);
	}
	_exit(0);
}

void supervisor_run(const struct plan *the_plan, int channel, struct title the_title)
{
	struct guarded guarded;
	int theirs = -1;

	plan = the_plan;
	title = the_title;
	stand_aside(channel);
	if (!channel_receive(channel, &theirs, NULL))
		_exit(1);
	reaches = !plan_reaches_into(plan) || works(reach_into, theirs);
	has_priority = !proc_status_number(0, "Seccomp") || works(go_first, 0);
	if (plan->noted)
		notes_prepare();
	guarded = guard_start(WORKERS, channel, become_guard);
	name_ourselves(served);
	if (guarded.listener < 0)
		begin(&guarded, channel);
	else
		take_over(&guarded);
	/* Since Linux 6.6: wake the caller on the CPU that we are about to leave. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	notifications_from(listener);
	workers_release();
	if (guarded.listener < 0) {
		channel_send(channel, 0, -1);
		close(channel);
	}
	await_end();
	workers_finish();
	_exit(0);
}
