/* snapshot: collects the TCP sockets of processes for `status`. */
#include "sockets/snapshot.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "process/permission.h"
#include "process/pidfd.h"

/* A process and its descriptors, kept for the connections that point to them. */
struct holding {
	struct holder holder;
	struct socket_fd *sockets;
	size_t count;
	struct holding *next;
};

struct listed_space {
	struct net_namespace space;
	struct listed_space *next;
};

static void note_refusal(struct lack *lack, const struct process *process, int error)
{
	struct text text = TEXT(lack->reason);

	if (lack->processes++)
		return;
	text.end--;
	permission_explain(&text, process, error);
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

/* Sockets in TIME_WAIT belong to no process; all others may. */
enum { ALL_STATES = 0xfff & ~(1 << TCP_TIME_WAIT) };

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
	listed->next = snapshot->spaces;
	snapshot->spaces = listed;
	return &listed->space;
}

/* The sockets that the process had in an earlier snapshot. */
static void keep(struct holder *holder, const struct snapshot *before)
{
	for (const struct holding *was = before->holdings; was; was = was->next) {
		if (was->holder.process.pid != holder->process.pid)
			continue;
		holder->kept = was->sockets;
		holder->kept_count = was->count;
	}
}

/* Looks through the descriptors of the process in holding. Returns false if it has ended. */
static bool look(struct snapshot *snapshot, struct holding *holding)
{
	struct holder *holder = &holding->holder;
	size_t before = snapshot->connections.count;

	holder->space = space_of(snapshot, holder->process.pid);
	if (!holder->space)
		return false;
	if (snapshot->spare)
		holder->other = space_of(snapshot, getpid());
	holder->spare = snapshot->spare;
	if (snapshot->before)
		keep(holder, snapshot->before);
	holder->pidfd = pidfd_of(holder->process.pid);
	if (holder->pidfd < 0)
		holder->refused = errno;
	connections_read(&snapshot->connections, holder, holding->sockets, holding->count);
	if (holder->pidfd >= 0)
		close(holder->pidfd);
	connections_roles(&snapshot->connections, before);
	if ((holder->refused || holder->space->error) && process_has_ended(holder->process.pid)) {
		snapshot->connections.count = before;
		return false;
	}
	if (holder->space->error)
		note_no_table(&snapshot->timers, holder);
	if (holder->refused && (holder->space->error || snapshot->connections.count > before))
		note_refusal(&snapshot->values, &holder->process, holder->refused);
	return true;
}

static void explain_end(struct text *why, const struct process *process)
{
	text_process(why, process);
	text_string(why, " has ended");
}

bool snapshot_add(struct snapshot *snapshot, pid_t pid, struct text *why)
{
	struct holding *holding = array_zeroed(1, sizeof(*holding));
	struct process *process = &holding->holder.process;
	int error;

	holding->next = snapshot->holdings;
	snapshot->holdings = holding;
	if (!process_read(process, pid, why))
		return false;
	error = process_sockets(pid, &holding->sockets, &holding->count);
	if (error && process_has_ended(pid)) {
		explain_end(why, process);
		return false;
	}
	if (error) {
		permission_explain(why, process, error);
		note_refusal(&snapshot->descriptors, process, error);
		return false;
	}
	if (!holding->count || look(snapshot, holding))
		return true;
	explain_end(why, process);
	return false;
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
		struct holding *holding = array_zeroed(1, sizeof(*holding));
		const struct socket_table *table = &listed->space.table;
		size_t before = snapshot->connections.count;

		holding->next = snapshot->holdings;
		snapshot->holdings = holding;
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
		free(listed);
	}
	free(snapshot->connections.list);
	*snapshot = (struct snapshot){ 0 };
}
