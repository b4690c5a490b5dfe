/* open_sockets: sets keepalive on the sockets that processes of a control group have open. */
#include "cgroup/open_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "cgroup/programs.h"
#include "process/permission.h"
#include "process/pidfd.h"
#include "sockets/attachment.h"

struct arming {
	struct settings settings, listeners;
	bool listeners_differ;
	const struct untouched *untouched;
	struct text *why;
	unsigned refused;
};

static void arm_process(struct arming *arming, pid_t pid)
{
	struct attachment *attachment = array_zeroed(1, sizeof(*attachment));
	struct text nobody = { NULL, NULL, NULL };
	int error = 0;

	attachment->quiet = true;
	attachment->only_used = true; /* the programs see to the others */
	attachment->listeners = arming->listeners_differ ? &arming->listeners : NULL;
	settings_copy(&attachment->settings, &arming->settings);
	attachment->kernel = *untouched_of(arming->untouched, pid);
	attachment->holder.space = &attachment->space;
	attachment->holder.pidfd = pidfd_of(pid);
	if (process_read(&attachment->holder.process, pid, &nobody)) {
		error = attachment_look(attachment);
		if (!error)
			error = attachment_look(attachment); /* what was accepted meanwhile */
		if (error && error != ENOENT && error != ESRCH && !arming->refused++)
			permission_explain(arming->why, &attachment->holder.process, error);
	}
	if (attachment->holder.pidfd >= 0)
		close(attachment->holder.pidfd);
	attachment_free(attachment);
	free(attachment);
}

static void arm_group(void *context, const struct group *group)
{
	pid_t *pids;
	size_t count = group_processes(group, &pids);

	for (size_t i = 0; i < count; i++)
		arm_process(context, pids[i]);
	free(pids);
}

/* A rule for no role: nothing matches it, but what has its values is known to be ours. */
static void add_profile(struct settings *settings, const struct profile *profile)
{
	if (settings->rules < RULES_MAX)
		settings->rule[settings->rules++] = (struct rule){ .profile = *profile };
}

unsigned open_sockets_arm(const struct group *group, const struct settings *settings,
			  const struct settings *earlier, const struct untouched *untouched,
			  struct text *why)
{
	static struct arming arming;

	arming = (struct arming){ .untouched = untouched, .why = why };
	settings_copy(&arming.settings, settings);
	for (unsigned i = PROFILE_BASE; earlier && i <= settings_last_profile(earlier); i++)
		add_profile(&arming.settings, settings_profile(earlier, i));
	arming.listeners_differ = !programs_arm_listeners(settings);
	settings_copy(&arming.listeners, &arming.settings);
	arming.listeners.role &= ROLE_CLIENT; /* what we gave them is taken back */
	group_walk(group, arm_group, &arming);
	return arming.refused;
}
