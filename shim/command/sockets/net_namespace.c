/* net_namespace: reads the sockets of a network namespace, entering it if it is not ours. */
#include "sockets/net_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/proc.h"

static int open_in_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

ino_t net_namespace_of(pid_t pid)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* Each namespace has files of its own below /proc/PID/net, which are everybody's to read. */
ino_t net_namespace_mark(pid_t pid)
{
	struct stat status;

	return proc_stat(pid, "net/snmp", &status) ? status.st_ino : 0;
}

bool net_namespace_is_used(pid_t pid)
{
	char file[8192];
	const char *values = NULL; /* below a line of headings, which begins like it */
	unsigned long established; /* CurrEstab */

	proc_read(pid, "net/snmp", file, sizeof(file));
	for (const char *next = file; (next = strstr(next, "Tcp: ")); next++)
		values = next;
	return !values ||
	       sscanf(values, "Tcp: %*s %*s %*s %*s %*s %*s %*s %*s %lu", &established) != 1 ||
	       established;
}

struct visit {
	int net, user; /* the namespaces; net is replaced by the result */
	int (*make)(const void *argument);
	const void *argument;
};

/*
 * In a child that shares our descriptors and nothing else: enters, and leaves what is made there. A
 * rootless container's namespace is entered through the user namespace that owns it.
 */
static int leave_descriptor(void *argument)
{
	const struct visit *visit = argument;
	int made;

	if (setns(visit->net, CLONE_NEWNET) != 0) {
		int error = errno;

		if (setns(visit->user, CLONE_NEWUSER) != 0 || setns(visit->net, CLONE_NEWNET) != 0)
			return error;
	}
	made = visit->make(visit->argument);
	if (made < 0 || dup3(made, visit->net, O_CLOEXEC) < 0)
		return errno;
	return close(made);
}

/* Without an exit signal the child can be waited for even if SIGCHLD is ignored. */
static int make_there(pid_t pid, int make(const void *argument), const void *argument)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	struct visit visit = { open_in_proc(pid, "ns/net"), open_in_proc(pid, "ns/user"), make,
			       argument };
	int status = EPERM << 8;
	pid_t child = -1;

	if (visit.net >= 0)
		child = clone(leave_descriptor, stack + sizeof(stack), CLONE_FILES, &visit);
	if (child > 0) {
		while (waitpid(child, &status, __WALL) < 0 && errno == EINTR)
			;
	}
	if (visit.user >= 0)
		close(visit.user);
	if (status == 0)
		return visit.net;
	if (visit.net >= 0)
		close(visit.net);
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
	return -1;
}

int net_namespace_make(pid_t pid, int make(const void *argument), const void *argument)
{
	ino_t there = net_namespace_of(pid);

	return !there || there == net_namespace_of(getpid()) ? make(argument)
							     : make_there(pid, make, argument);
}

static int make_socket(const void *arguments)
{
	const int *argument = arguments;

	return socket(argument[0], argument[1] | SOCK_CLOEXEC, argument[2]);
}

int net_namespace_socket(pid_t pid, int domain, int type, int protocol)
{
	return net_namespace_make(pid, make_socket, (const int[]){ domain, type, protocol });
}

static void note_listeners(struct net_namespace *space)
{
	memset(space->listening, 0, sizeof(space->listening));
	for (size_t i = 0; i < space->table.count; i++) {
		if (space->table.sockets[i].state == TCP_LISTEN)
			net_namespace_add_listener(space, space->table.sockets[i].local.port);
	}
}

void net_namespace_read(struct net_namespace *space, pid_t pid, uint32_t states)
{
	int netlink;

	socket_table_free(&space->table);
	space->inode = net_namespace_of(pid);
	netlink = net_namespace_socket(pid, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	if (netlink < 0) {
		space->error = errno;
		return;
	}
	space->error = sock_diag_read(&space->table, netlink, states);
	close(netlink);
	if (!space->error)
		note_listeners(space);
}

/* Appends this many words of the last line that begins like this. */
static bool add_words(struct text *text, const char *file, const char *start, unsigned words)
{
	const char *line = NULL;

	for (const char *next = file; (next = strstr(next, start)); next++)
		line = next;
	for (; line && words; words--) {
		size_t length = strcspn(line, " \n");

		text_plain(text, (struct slice){ line, length });
		text_char(text, ' ');
		line += length + (line[length] == ' ');
	}
	return line;
}

bool net_namespace_counters(pid_t pid, char counters[NET_COUNTERS_MAX])
{
	/* "Tcp:", four constants, ActiveOpens, PassiveOpens, AttemptFails, EstabResets, CurrEstab */
	enum { UP_TO_ESTABLISHED = 10, UP_TO_IN_USE = 3 };
	struct text text = { counters, counters, counters + NET_COUNTERS_MAX - 1 };
	char file[8192];
	bool all;

	proc_read(pid, "net/snmp", file, sizeof(file));
	all = add_words(&text, file, "Tcp: ", UP_TO_ESTABLISHED);
	proc_read(pid, "net/sockstat", file, sizeof(file));
	all = add_words(&text, file, "TCP: ", UP_TO_IN_USE) && all;
	proc_read(pid, "net/sockstat6", file, sizeof(file)); /* IPv6 may be missing */
	add_words(&text, file, "TCP6: ", UP_TO_IN_USE);
	*text.next = '\0';
	return all;
}

void net_namespace_add_listener(struct net_namespace *space, uint16_t port)
{
	space->listening[port / 8] |= (uint8_t)(1U << port % 8);
}

enum role net_namespace_role(const struct net_namespace *space, uint8_t state, uint16_t port)
{
	bool listens = space->listening[port / 8] >> port % 8 & 1;

	if (state == TCP_LISTEN)
		return ROLE_SERVER;
	return listens && state != TCP_CLOSE && state != TCP_SYN_SENT ? ROLE_SERVER : ROLE_CLIENT;
}
