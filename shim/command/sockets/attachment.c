/* attachment: keeps track of a process's sockets for `attach`, from one look to the next. */
#include "sockets/attachment.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/message.h"
#include "log_line.h"
#include "output.h"
#include "sockets/set_options.h"

/* What is known of a socket from one look to the next. */
struct memory {
	uint32_t inode;
	bool settled; /* need not be examined again */
	bool closed;  /* neither connected nor listening when it was */
	int8_t outcome;
	unsigned given; /* as for standing_of() */
};

enum { NOT_SEEN_BEFORE = -1 };

/* Writes "keepalive-shim[PID] PROGRAM: " and the line to the log. */
static void write_log(const struct attachment *attachment, const struct text *line)
{
	const struct process *process = &attachment->holder.process;
	char buffer[1024];
	struct text text = TEXT(buffer);

	text.end--;
	text_log_start(&text, (unsigned long)process->pid, process->comm);
	text_plain(&text, (struct slice){ line->start, (size_t)(line->next - line->start) });
	*text.next++ = '\n';
	if (attachment->settings.log == LOG_STDERR)
		fwrite(buffer, 1, (size_t)(text.next - buffer), stderr);
	else
		output_append(attachment->settings.log_path, buffer, (size_t)(text.next - buffer));
}

/* Prints the line on standard output; in the log too, or only there if that is standard error. */
static void say(const struct attachment *attachment, const struct text *line)
{
	if (attachment->quiet)
		return;
	if (attachment->settings.log != LOG_STDERR && attachment->named)
		printf("%d: ", attachment->holder.process.pid);
	if (attachment->settings.log != LOG_STDERR)
		printf("%.*s\n", (int)(line->next - line->start), line->start);
	if (attachment->settings.log != LOG_OFF)
		write_log(attachment, line);
}

static int by_inode(const void *key, const void *element)
{
	uint32_t wanted = *(const uint32_t *)key, inode = ((const struct memory *)element)->inode;

	return wanted < inode ? -1 : wanted > inode;
}

static struct memory *memory_of(const struct attachment *attachment, uint32_t inode)
{
	if (!attachment->memory_count)
		return NULL;
	return bsearch(&inode, attachment->memory, attachment->memory_count, sizeof(struct memory),
		       by_inode);
}

/* Somebody else has given it its options. */
static bool is_seen_to(const struct attachment *attachment, uint32_t inode)
{
	const struct diag_socket *entry =
		attachment->seen_to ? socket_table_find(attachment->seen_to, inode) : NULL;

	return entry && entry->held;
}

/*
 * Makes the memory match exactly these sockets, so that closed ones are forgotten, and moves those
 * that must be examined to the front. Returns how many.
 */
static size_t select_unsettled(struct attachment *attachment, struct socket_fd *sockets,
			       size_t count)
{
	struct memory *memory = array_zeroed(count + 1, sizeof(*memory));
	size_t remembered = 0, selected = 0;

	for (size_t i = 0, same; i < count; i += same) {
		const struct memory *before = memory_of(attachment, sockets[i].inode);

		same = socket_fds(sockets + i, count - i);
		memory[remembered] =
			before ? *before
			       : (struct memory){ .inode = sockets[i].inode,
						  .settled =
							  is_seen_to(attachment, sockets[i].inode),
						  .outcome = NOT_SEEN_BEFORE,
						  .given = PROFILE_UNSEEN };
		for (size_t j = 0; j < same && !memory[remembered].settled; j++)
			sockets[selected++] = sockets[i + j];
		remembered++;
	}
	free(attachment->memory);
	attachment->memory = memory;
	attachment->memory_count = remembered;
	return selected;
}

/* Roles need the listeners, but only if something is connected. */
static void find_listeners(struct attachment *attachment, const struct connections *connections)
{
	int before = attachment->space.error;

	for (size_t i = 0; i < connections->count; i++) {
		if (!connection_is_established(&connections->list[i]))
			continue;
		net_namespace_read(&attachment->space, attachment->holder.process.pid,
				   1 << TCP_LISTEN);
		break;
	}
	if (attachment->space.error && !before)
		message("warning: the listeners of the process's network namespace cannot be read "
			"(%s): only what it listens on itself makes a connection server side",
			strerror(attachment->space.error));
}

/* Whether there is something to report that was not reported before. */
static bool is_news(const struct attachment *attachment, const struct memory *memory,
		    enum outcome outcome)
{
	if (outcome == OUTCOME_CHANGED)
		return true;
	if (outcome == OUTCOME_GONE)
		return false;
	if (outcome == OUTCOME_ALIKE)
		return memory->outcome == NOT_SEEN_BEFORE && !attachment->following;
	return memory->outcome != (int8_t)outcome;
}

/*
 * Before it connects or listens, its peer and its role are not known yet. With force the program
 * may just be about to set its own values, as Go does after connect().
 */
static bool is_settled(const struct attachment *attachment, const struct connection *connection,
		       const struct memory *memory)
{
	if (connection->state == TCP_CLOSE || connection->state == TCP_SYN_SENT)
		return false;
	return memory->outcome != OUTCOME_GONE &&
	       (memory->outcome != OUTCOME_CHANGED ||
		!settings_profile(&attachment->settings, memory->given)->force);
}

static void arm_one(struct attachment *attachment, const struct connection *connection)
{
	struct memory *memory = memory_of(attachment, connection->fds->inode);
	char buffer[1024];
	struct text line = TEXT(buffer);
	bool other = attachment->listeners && connection->state == TCP_LISTEN;
	enum outcome outcome = set_options(other ? attachment->listeners : &attachment->settings,
					   connection, &attachment->kernel, &memory->given,
					   attachment->dry_run, &attachment->also, &line);

	if (is_news(attachment, memory, outcome))
		say(attachment, &line);
	memory->outcome = (int8_t)outcome;
	memory->closed = connection->state == TCP_CLOSE;
	memory->settled = is_settled(attachment, connection, memory);
	attachment->failed = attachment->failed || outcome == OUTCOME_FAILED;
	attachment->found = true;
}

static void arm_all(struct attachment *attachment, const struct socket_fd *sockets, size_t count)
{
	struct connections connections = { 0 };

	for (size_t i = 0; i < count; i++) /* unless one turns out to be TCP */
		memory_of(attachment, sockets[i].inode)->settled = true;
	connections_read(&connections, &attachment->holder, sockets, count);
	find_listeners(attachment, &connections);
	connections_roles(&connections, 0);
	for (size_t i = 0; i < connections.count; i++) {
		if (!attachment->only_used || connections.list[i].state != TCP_CLOSE)
			arm_one(attachment, &connections.list[i]);
	}
	free(connections.list);
}

int attachment_look(struct attachment *attachment)
{
	struct socket_fd *sockets;
	size_t count;
	int error = process_sockets(attachment->holder.process.pid, &sockets, &count);

	if (!error) {
		count = select_unsettled(attachment, sockets, count);
		if (count)
			arm_all(attachment, sockets, count);
		error = attachment->holder.refused;
	}
	free(sockets);
	fflush(stdout);
	return error;
}

/* One that is not connected yet is reported once it is. */
bool attachment_is_pending(const struct attachment *attachment)
{
	for (size_t i = 0; i < attachment->memory_count; i++) {
		const struct memory *memory = &attachment->memory[i];

		if (!memory->settled && !memory->closed)
			return true;
	}
	return false;
}

void attachment_free(struct attachment *attachment)
{
	socket_table_free(&attachment->space.table);
	free(attachment->memory);
	attachment->memory = NULL;
	attachment->memory_count = 0;
}
