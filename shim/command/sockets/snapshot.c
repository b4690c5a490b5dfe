/* snapshot: collects the TCP sockets of processes for `status`. */
#include "sockets/snapshot.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "process/permission.h"
#include "process/pidfd.h"
#include "process/proc.h"

/* A process, or one of its threads, and its descriptors, kept for the connections that point to them. */
struct holding {
	struct holder holder;
	struct socket_fd *sockets;
	size_t count;
	size_t first, behind; /* its connections, until they are sorted */
	bool refused;         /* the list of its descriptors, or all of it */
	struct holding *next;
};

struct listed_space {
	struct net_namespace space;
	ino_t mark;                  /* net_namespace_mark() */
	struct net_namespace *later; /* what listens, or is bound, a while later; NULL: not read */
	struct listed_space *next;
};

static void note_refusal(struct lack *lack, const struct holder *holder, int error)
{
	struct text text = TEXT(lack->reason);

	if (lack->processes++)
		return;
	text.end--;
	if (holder->thread && error == EINVAL) {
		text_process(&text, &holder->process);
		text_string(&text, ": its thread ");
		text_number(&text, (unsigned long)holder->thread);
		text_string(&text, " has descriptors of its own; reaching them requires Linux 6.9");
	} else {
		permission_explain(&text, &holder->process, error);
	}
	*text.next = '\0';
}

static void note_no_table(struct lack *lack, const struct holder *holder)
{
	bool ours = holder->space->inode == net_namespace_of(getpid());
	struct text text = TEXT(lack->reason);

	if (lack->processes++)
		return;
	text.end--;
	text_process(&text, &holder->process);
	text_string(&text, ours ? ": the kernel's table of sockets (sock_diag) cannot be read: "
				: ": its network namespace cannot be entered, which requires "
				  "CAP_SYS_ADMIN: ");
	text_string(&text, strerror(holder->space->error));
	*text.next = '\0';
}

/*
 * Sockets in TIME_WAIT belong to no process; all others may. Those that are bound, but neither
 * connected nor listening, are shown from Linux 6.8 on, as TCP_CLOSE.
 */
enum {
	BOUND_INACTIVE = 13, /* TCP_BOUND_INACTIVE of include/net/tcp_states.h */
	ALL_STATES = (0xfff & ~(1 << TCP_TIME_WAIT)) | 1 << BOUND_INACTIVE,
	UNCONNECTED = 1 << TCP_LISTEN | 1 << BOUND_INACTIVE
};

/*
 * The namespace of the process, read if none of its processes was there before. NULL if the process
 * has ended: then what was read may be another one's table, and must not be counted.
 */
static struct net_namespace *space_of(struct snapshot *snapshot, pid_t pid)
{
	ino_t inode = net_namespace_of(pid);
	struct listed_space *listed = snapshot->spaces;

	if (!inode) /* it cannot be told */
		inode = net_namespace_of(getpid());
	while (listed && listed->space.inode != inode)
		listed = listed->next;
	if (listed)
		return process_has_ended(pid) ? NULL : &listed->space;
	listed = array_zeroed(1, sizeof(*listed));
	net_namespace_read(&listed->space, pid, ALL_STATES);
	if (process_has_ended(pid)) {
		socket_table_free(&listed->space.table);
		free(listed);
		return NULL;
	}
	listed->space.inode = inode;
	listed->mark = net_namespace_mark(pid);
	listed->next = snapshot->spaces;
	snapshot->spaces = listed;
	return &listed->space;
}

/* The sockets that the process, or this thread of it, had in an earlier snapshot. */
static void keep(struct holder *holder, const struct snapshot *before)
{
	for (const struct holding *was = before->holdings; was; was = was->next) {
		if (holder_number(&was->holder) != holder_number(holder))
			continue;
		holder->kept = was->sockets;
		holder->kept_count = was->count;
	}
}

static void open_holder(struct holder *holder)
{
	pid_t number = holder_number(holder);

	holder->pidfd = holder->thread ? pidfd_of_thread(number) : pidfd_of(number);
	if (holder->pidfd < 0)
		holder->refused = errno;
}

/* Looks through the sockets of the process, or thread, in holding. Returns false if it has ended. */
static bool look(struct snapshot *snapshot, struct holding *holding)
{
	struct holder *holder = &holding->holder;
	pid_t number = holder_number(holder);
	size_t before = snapshot->connections.count;

	holder->space = space_of(snapshot, number);
	if (!holder->space)
		return false;
	if (snapshot->spare)
		holder->other = space_of(snapshot, getpid());
	holder->spare = snapshot->spare;
	holder->all = true;
	if (snapshot->before)
		keep(holder, snapshot->before);
	open_holder(holder);
	connections_read(&snapshot->connections, holder, holding->sockets, holding->count);
	if (holder->pidfd >= 0)
		close(holder->pidfd);
	connections_roles(&snapshot->connections, before);
	if ((holder->refused || holder->space->error) && process_has_ended(number)) {
		snapshot->connections.count = before;
		return false;
	}
	holding->first = before;
	holding->behind = snapshot->connections.count;
	if (holder->space->error)
		note_no_table(&snapshot->timers, holder);
	if (holder->refused && (holder->space->error || snapshot->connections.count > before))
		note_refusal(&snapshot->values, holder, holder->refused);
	return true;
}

static struct holding *new_holding(struct snapshot *snapshot)
{
	struct holding *holding = array_zeroed(1, sizeof(*holding));

	holding->next = snapshot->holdings;
	snapshot->holdings = holding;
	return holding;
}

/* Leaves only the sockets that the process's other descriptor tables do not have as well. */
static void leave_own(struct holding *holding)
{
	size_t left = 0;

	for (size_t i = 0; i < holding->count; i++) {
		struct socket_fd socket = holding->sockets[i];
		const struct holding *other = holding->next;

		while (other && other->holder.process.pid == holding->holder.process.pid &&
		       !socket_is_among(socket.inode, other->sockets, other->count))
			other = other->next;
		if (!other || other->holder.process.pid != holding->holder.process.pid)
			holding->sockets[left++] = socket;
	}
	holding->count = left;
}

/*
 * Adds the sockets of the threads that have descriptors of their own. Returns how many of these
 * threads there are.
 */
static size_t add_threads(struct snapshot *snapshot, const struct process *process)
{
	pid_t *threads;
	size_t count = process_threads_apart(process->pid, &threads), added = 0;

	for (size_t i = 0; i < count; i++) {
		struct holding *holding = new_holding(snapshot);
		int error;

		holding->holder.process = *process;
		holding->holder.thread = threads[i];
		error = process_sockets(threads[i], &holding->sockets, &holding->count);
		leave_own(holding);
		if (error && !process_has_ended(threads[i]))
			note_refusal(&snapshot->descriptors, &holding->holder, error);
		added += !error && (!holding->count || look(snapshot, holding));
	}
	free(threads);
	return added;
}

static void explain_end(struct text *why, const struct process *process)
{
	text_process(why, process);
	text_string(why, " has ended");
}

bool snapshot_add(struct snapshot *snapshot, pid_t pid, struct text *why)
{
	struct holding *holding = new_holding(snapshot);
	struct process *process = &holding->holder.process;
	int error;

	if (!process_read(process, pid, why)) {
		holding->refused = true;
		return process_goes_on(pid) && add_threads(snapshot, process);
	}
	error = process_sockets(pid, &holding->sockets, &holding->count);
	if (error && !process_has_ended(pid)) {
		holding->refused = true;
		permission_explain(why, process, error);
		note_refusal(&snapshot->descriptors, &holding->holder, error);
		return false;
	}
	if (error || (holding->count && !look(snapshot, holding))) {
		explain_end(why, process);
		return false;
	}
	add_threads(snapshot, process);
	return true;
}

/* The entry of the socket in whatever table has it, and of which namespace that is. */
static struct diag_socket *find_anywhere(const struct snapshot *snapshot, uint32_t inode,
					 const struct net_namespace **space)
{
	for (const struct listed_space *listed = snapshot->spaces; listed; listed = listed->next) {
		struct diag_socket *entry = socket_table_find(&listed->space.table, inode);

		*space = &listed->space;
		if (!entry && listed->later)
			entry = socket_table_find(&listed->later->table, inode);
		if (entry)
			return entry;
	}
	return NULL;
}

/* Whether a copy is needed to learn anything about it, and may be tried. */
static bool needs_copy(const struct snapshot *snapshot, const struct connection *connection)
{
	const struct net_namespace *space;

	return !connection->state && !connection->holder->refused &&
	       !find_anywhere(snapshot, connection->fds->inode, &space);
}

/*
 * A socket that has just been made may be about to listen, and must not be copied then (struct
 * holder). So waits, and looks again for what listens or is bound, for sockets that need a copy.
 */
static void look_later(struct snapshot *snapshot)
{
	enum { WHILE = 20 }; /* milliseconds */
	const struct connections *connections = &snapshot->connections;
	bool waited = false;

	for (size_t i = 0; i < connections->count; i++) {
		const struct connection *connection = &connections->list[i];
		struct listed_space *listed = snapshot->spaces;

		if (!needs_copy(snapshot, connection))
			continue;
		while (&listed->space != connection->holder->space)
			listed = listed->next;
		if (listed->later)
			continue;
		if (!waited)
			poll(NULL, 0, WHILE);
		waited = true;
		listed->later = array_zeroed(1, sizeof(*listed->later));
		net_namespace_read(listed->later, holder_number(connection->holder), UNCONNECTED);
	}
}

/* Returns false if the process has closed it. */
static bool complete_one(struct snapshot *snapshot, struct holder *holder,
			 struct connection *connection)
{
	const struct net_namespace *space;
	struct diag_socket *entry = find_anywhere(snapshot, connection->fds->inode, &space);

	return connection_complete(connection, holder, entry ? space : holder->space, entry);
}

/* Completes the connections of this holder; those that were closed lose their descriptors. */
static void complete(struct snapshot *snapshot, struct holding *holding)
{
	struct holder *holder = &holding->holder;
	int refused = holder->refused;
	bool opened = false;

	for (size_t i = holding->first; i < holding->behind; i++) {
		struct connection *connection = &snapshot->connections.list[i];

		if (connection->state)
			continue;
		if (!opened && !refused)
			open_holder(holder);
		opened = true;
		if (!complete_one(snapshot, holder, connection))
			connection->fd_count = 0;
	}
	if (opened && !refused && holder->pidfd >= 0)
		close(holder->pidfd);
	if (!refused && holder->refused && !process_has_ended(holder_number(holder)))
		note_refusal(&snapshot->values, holder, holder->refused);
}

void snapshot_complete(struct snapshot *snapshot)
{
	struct connections *connections = &snapshot->connections;
	size_t left = 0;

	look_later(snapshot);
	for (struct holding *holding = snapshot->holdings; holding; holding = holding->next)
		complete(snapshot, holding);
	for (size_t i = 0; i < connections->count; i++) {
		if (connections->list[i].fd_count)
			connections->list[left++] = connections->list[i];
	}
	connections->count = left;
}

static bool is_listed(const struct snapshot *snapshot, ino_t mark)
{
	const struct listed_space *listed = snapshot->spaces;

	while (listed && listed->mark != mark)
		listed = listed->next;
	return listed;
}

/* Lists the process's namespace, without a table, if that is none of those listed. */
static void note_unread(struct snapshot *snapshot, const struct process *process)
{
	ino_t mark = net_namespace_mark(process->pid);
	struct text text = TEXT(snapshot->unread.reason);
	struct listed_space *listed;

	if (!mark)
		snapshot->hidden |= errno == EPERM || errno == EACCES;
	if (!mark || is_listed(snapshot, mark))
		return;
	listed = array_zeroed(1, sizeof(*listed));
	listed->mark = mark;
	listed->next = snapshot->spaces;
	snapshot->spaces = listed;
	if (!net_namespace_is_used(process->pid) || snapshot->unread.processes++)
		return;
	text.end--;
	text_process(&text, process);
	*text.next = '\0';
}

/* There always is a process 1: if it is not shown, /proc hides other users' processes. */
void snapshot_find_unread(struct snapshot *snapshot)
{
	struct stat first;

	snapshot->hidden = !proc_stat(1, "", &first);
	space_of(snapshot, getpid());
	for (const struct holding *holding = snapshot->holdings; holding; holding = holding->next) {
		if (holding->refused)
			note_unread(snapshot, &holding->holder.process);
	}
}

size_t snapshot_others(const struct snapshot *snapshot)
{
	size_t others = 0;

	for (const struct listed_space *listed = snapshot->spaces; listed; listed = listed->next) {
		const struct socket_table *table = &listed->space.table;

		for (size_t i = 0; i < table->count; i++)
			others += !table->sockets[i].held;
	}
	return others;
}

void snapshot_add_others(struct snapshot *snapshot)
{
	space_of(snapshot, getpid());
	for (struct listed_space *listed = snapshot->spaces; listed; listed = listed->next) {
		struct holding *holding = new_holding(snapshot);
		const struct socket_table *table = &listed->space.table;
		size_t before = snapshot->connections.count;

		holding->holder.space = &listed->space;
		strcpy(holding->holder.process.comm, "?");
		for (size_t i = 0; i < table->count; i++) {
			if (!table->sockets[i].held)
				connections_add_entry(&snapshot->connections, &holding->holder,
						      &table->sockets[i]);
		}
		connections_roles(&snapshot->connections, before);
	}
}

void snapshot_free(struct snapshot *snapshot)
{
	while (snapshot->holdings) {
		struct holding *holding = snapshot->holdings;

		snapshot->holdings = holding->next;
		free(holding->sockets);
		free(holding);
	}
	while (snapshot->spaces) {
		struct listed_space *listed = snapshot->spaces;

		snapshot->spaces = listed->next;
		socket_table_free(&listed->space.table);
		if (listed->later)
			socket_table_free(&listed->later->table);
		free(listed->later);
		free(listed);
	}
	free(snapshot->connections.list);
	*snapshot = (struct snapshot){ 0 };
}
