/* open_sockets: sets keepalive on the open sockets of a control group. */
#include "cgroup/open_sockets.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "cgroup/attached.h"
#include "cgroup/bpf.h"
#include "cgroup/iterator.h"
#include "cgroup/untouched.h"
#include "process/permission.h"
#include "process/pidfd.h"
#include "sockets/attachment.h"

/* A network namespace that some process of the groups is in. */
struct space {
	struct net_namespace sockets; /* with held for those that are done */
	bool iterated;                /* by the iterator, without an error */
	struct space *next;
};

/* The group that is attached to, or one below it. */
struct member {
	uint64_t id;
	char *path;
	struct settings *own; /* attached to it by another command; NULL: none */
	/* Settings that apply before those of this attach: its own, or a group's between; or NULL. */
	const struct settings *inner;
	bool unknown; /* programs are attached to it that may be ours, but cannot be inspected */
};

struct arming {
	struct settings settings, listeners;
	bool listeners_differ;
	struct settings known; /* its rules are the profiles that sockets may have from us */
	const struct emission *emission;
	struct member *members; /* the upper ones first */
	size_t member_count, member_room;
	struct space *spaces;
	struct text *why;
	struct unarmed unarmed;
};

/* Not those that are neither connected nor listening: the programs set them when they are. */
enum { STATES_USED = 0xfff & ~(1 << TCP_TIME_WAIT | 1 << TCP_CLOSE) };

static const struct member *member_of(const struct arming *arming, uint64_t id)
{
	for (size_t i = 0; i < arming->member_count; i++) {
		if (arming->members[i].id == id)
			return &arming->members[i];
	}
	return NULL;
}

/*
 * The group that the socket belongs to, if its settings are known. MPTCP sockets are not in the tables that the iterator goes
 * over.
 */
static const struct member *owner_of(const struct arming *arming, const struct diag_socket *socket)
{
	const struct member *member = socket->mptcp ? NULL : member_of(arming, socket->group);

	return member && !member->unknown ? member : NULL;
}

static unsigned profile_of(const struct settings *settings, const struct space *space,
			   const struct diag_socket *socket)
{
	return profile_for(settings,
			   net_namespace_role(&space->sockets, socket->state, socket->local.port),
			   &socket->local, &socket->peer);
}

/*
 * Whether another group's programs decide about the socket. An inner group's do if its settings
 * apply to the socket, unless only we force. Otherwise an outer group's do if only they force. An
 * entry alone means neither: Linux 7.2 makes one for each new socket.
 */
static bool is_others(const struct arming *arming, const struct space *space,
		      const struct diag_socket *socket, const struct iterated *found, bool force)
{
	const struct settings *inner = member_of(arming, socket->group)->inner;
	unsigned number = inner ? profile_of(inner, space, socket) : PROFILE_NONE;
	uint32_t owner = found->entry[ENTRY_OWNER];

	if (number != PROFILE_NONE)
		return !force || settings_profile(inner, number)->force;
	return !force && owner && owner != arming->emission->owner &&
	       found->entry[ENTRY_HELD] & ~(uint32_t)ENTRY_SETTLED;
}

static void write_entry(struct iterated *work, uint32_t owner, const struct profile *profile,
			unsigned owned)
{
	work->write = profile->force ? ITERATED_HOLD : ITERATED_WRITE;
	work->entry[ENTRY_OWNER] = owner;
	work->entry[ENTRY_HELD] = forced_by(profile);
	work->entry[ENTRY_GIVEN] = 0;
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i] && !(owned & 1U << i))
			work->entry[ENTRY_GIVEN] |= 1U << i;
		work->entry[ENTRY_VALUE + i] = (uint32_t)profile->value[i];
	}
}

/* Turns what was read of the socket into what must be written. Returns false if that is nothing. */
static bool decide_one(struct arming *arming, const struct space *space,
		       const struct diag_socket *socket, const struct values *kernel,
		       struct iterated *work)
{
	const struct settings *settings = arming->listeners_differ && socket->state == TCP_LISTEN
						  ? &arming->listeners
						  : arming->emission->settings;
	const struct profile *profile =
		settings_profile(settings, profile_of(settings, space, socket));
	struct values now;
	struct decision decision;

	if (is_others(arming, space, socket, work, profile->force))
		return false;
	memcpy(now.value, work->now, sizeof(now.value));
	arming->known.base = *profile;
	decision = decide_by_values(&arming->known, PROFILE_UNSEEN, PROFILE_BASE, &now, kernel);
	work->set = decision.set;
	memcpy(work->setting, decision.setting.value, sizeof(work->setting));
	write_entry(work, arming->emission->owner, profile, decision.after.owned);
	return true;
}

static void iterate(struct arming *arming, struct space *space, const struct iterator *iterator,
		    pid_t pid)
{
	struct socket_table *table = &space->sockets.table;
	const struct values *kernel = untouched_of(arming->emission->untouched, pid);

	for (size_t i = 0; i < table->count; i++) {
		if (owner_of(arming, &table->sockets[i]))
			iterator_put(iterator, table->sockets[i].cookie, &(struct iterated){ 0 });
	}
	if (!iterator_pass(iterator, pid))
		return;
	for (size_t i = 0; i < table->count; i++) {
		struct diag_socket *socket = &table->sockets[i];
		struct iterated work;

		if (!iterator_get(iterator, socket->cookie, &work) || !work.seen)
			continue;
		socket->held = true;
		if (decide_one(arming, space, socket, kernel, &work))
			iterator_put(iterator, socket->cookie, &work);
	}
	space->iterated = iterator_pass(iterator, pid);
}

static struct space *space_of(struct arming *arming, pid_t pid)
{
	ino_t inode = net_namespace_of(pid);
	struct space *space = arming->spaces;
	struct iterator iterator;

	while (space && space->sockets.inode != inode)
		space = space->next;
	if (space)
		return space;
	space = array_zeroed(1, sizeof(*space));
	space->next = arming->spaces;
	arming->spaces = space;
	space->sockets.table.waiting = true;
	net_namespace_read(&space->sockets, pid, STATES_USED);
	if (!space->sockets.error && iterator_open(&iterator, space->sockets.table.count + 1,
						   arming->emission->socket_map)) {
		iterate(arming, space, &iterator, pid);
		iterator_close(&iterator);
	}
	return space;
}

/* What the group's earlier programs hold would stay. */
static void release(void *context, int copy)
{
	const struct emission *emission = ((const struct arming *)context)->emission;
	uint32_t entry[ENTRY_WORDS];

	if (bpf_words(emission->socket_map, copy, entry) == 0 &&
	    entry[ENTRY_OWNER] == emission->owner)
		bpf_forget(emission->socket_map, copy);
}

/* The programs have noted our own calls as the process's. */
static void forget_ours(void *context, int copy)
{
	const struct arming *arming = context;

	bpf_forget(arming->emission->owned_map, copy);
}

/*
 * Uses copies of its descriptors, for sockets of other groups, and for what the iterator cannot do.
 */
static void arm_process(struct arming *arming, pid_t pid)
{
	struct attachment *attachment = array_zeroed(1, sizeof(*attachment));
	struct text nobody = { NULL, NULL, NULL };
	struct space *space = space_of(arming, pid);
	int error = 0;

	attachment->quiet = true;
	attachment->only_used = true; /* the programs handle the others */
	attachment->listeners = arming->listeners_differ ? &arming->listeners : NULL;
	attachment->seen_to = &space->sockets.table;
	attachment->also = (struct also){ release, forget_ours, arming };
	settings_copy(&attachment->settings, &arming->settings);
	attachment->kernel = *untouched_of(arming->emission->untouched, pid);
	attachment->holder.space = &attachment->space;
	attachment->holder.pidfd = pidfd_of(pid);
	if (process_read(&attachment->holder.process, pid, &nobody)) {
		error = attachment_look(attachment);
		if (!error)
			error = attachment_look(attachment); /* accepted meanwhile */
		if (error && error != ENOENT && error != ESRCH && !space->iterated &&
		    !arming->unarmed.refused++)
			permission_explain(arming->why, &attachment->holder.process, error);
	}
	if (attachment->holder.pidfd >= 0)
		close(attachment->holder.pidfd);
	attachment_free(attachment);
	free(attachment);
}

static void refuse_group(struct arming *arming, const struct group *group, size_t processes)
{
	if (processes && !arming->unarmed.refused) {
		text_string(arming->why, "those in ");
		text_plain(arming->why, slice_of(group->path));
		text_string(arming->why, ", whose programs may not be inspected: run as root");
	}
	arming->unarmed.refused += (unsigned)processes;
}

static void arm_group(void *context, const struct group *group)
{
	struct arming *arming = context;
	const struct member *member = member_of(arming, group->id);
	pid_t *pids;
	unsigned hidden;
	size_t count = group_processes(group, &pids, &hidden);

	if (hidden) {
		space_of(arming, getpid()); /* they may be in our network namespace */
		arming->unarmed.hidden += hidden;
	}
	for (size_t i = 0; i < count; i++) {
		space_of(arming, pids[i]);
		if (!member || (!member->inner && !member->unknown))
			arm_process(arming, pids[i]);
	}
	if (member && member->unknown)
		refuse_group(arming, group, count);
	free(pids);
}

static void take_inner(void *context, const struct attached *attached)
{
	struct member *member = context;

	if (!member->own)
		member->own = array_zeroed(1, sizeof(*member->own));
	settings_copy(member->own, &attached->settings);
}

static bool is_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	return strncmp(path, above, length) == 0 && path[length] == '/';
}

static void add_member(void *context, const struct group *group)
{
	struct arming *arming = context;
	struct member member = { .id = group->id, .path = strdup(group->path) };

	if (!member.path)
		abort();
	if (arming->member_count)
		member.unknown = attached_find_pinned(group, take_inner, &member) != 0;
	member.inner = member.own;
	for (size_t i = arming->member_count; i > 1 && !member.inner && !member.unknown; i--) {
		const struct member *above = &arming->members[i - 1];

		if (!is_below(member.path, above->path))
			continue;
		member.inner = above->inner;
		member.unknown = above->unknown;
	}
	arming->members = array_room(arming->members, arming->member_count, &arming->member_room,
				     sizeof(*arming->members));
	arming->members[arming->member_count++] = member;
}

static void free_members(struct arming *arming)
{
	for (size_t i = 0; i < arming->member_count; i++) {
		free(arming->members[i].path);
		free(arming->members[i].own);
	}
	free(arming->members);
}

static void free_spaces(struct space *space)
{
	while (space) {
		struct space *next = space->next;

		socket_table_free(&space->sockets.table);
		free(space);
		space = next;
	}
}

/* A rule for no role: no socket matches it, but sockets with its values are recognised as ours. */
static void add_profile(struct settings *settings, const struct profile *profile)
{
	for (unsigned i = 0; i < settings->rules; i++) {
		if (profile_is_same(&settings->rule[i].profile, profile))
			return;
	}
	if (settings->rules < RULES_MAX)
		settings->rule[settings->rules++] = (struct rule){ .profile = *profile };
}

static void add_profiles(struct settings *to, const struct settings *from)
{
	for (unsigned i = PROFILE_BASE; i <= settings_last_profile(from); i++)
		add_profile(to, settings_profile(from, i));
}

static void know_attached(void *context, const struct attached *attached)
{
	add_profiles(context, &attached->settings);
}

/*
 * The settings of the groups above, whose values this group's replace. Those that cannot be seen
 * count as the application's.
 */
static void know_above(struct settings *known, const struct group *group)
{
	struct group above;

	if (!group_open_above(group, &above))
		return;
	attached_find_pinned(&above, know_attached, known);
	know_above(known, &above);
	group_close(&above);
}

static void know(struct settings *known, const struct group *group, const struct settings *settings,
		 const struct settings *earlier)
{
	settings_copy(known, settings);
	known->rules = 0;
	add_profiles(known, settings);
	if (earlier)
		add_profiles(known, earlier);
	know_above(known, group);
}

struct unarmed open_sockets_arm(const struct group *group, const struct emission *emission,
				const struct settings *earlier, struct text *why)
{
	static struct arming arming;

	arming = (struct arming){ .emission = emission, .why = why };
	know(&arming.known, group, emission->settings, earlier);
	settings_copy(&arming.settings, emission->settings);
	for (unsigned i = 0; i < arming.known.rules; i++)
		add_profile(&arming.settings, &arming.known.rule[i].profile);
	arming.listeners_differ = !programs_arm_listeners(emission->settings);
	settings_copy(&arming.listeners, &arming.settings);
	arming.listeners.role &= ROLE_CLIENT; /* undoes what we set on them */
	group_walk(group, add_member, &arming);
	group_walk(group, arm_group, &arming);
	free_spaces(arming.spaces);
	free_members(&arming);
	return arming.unarmed;
}
