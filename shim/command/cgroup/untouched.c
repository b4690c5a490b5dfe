/* untouched: reads the values of a new socket in each network namespace. */
#include "cgroup/untouched.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "sockets/net_namespace.h"

struct namespace_values {
	ino_t space;
	size_t in; /* the place of its values in struct untouched */
};

/*
 * include/net/tcp.h TCP_KEEPALIVE_TIME, TCP_KEEPALIVE_INTVL, TCP_KEEPALIVE_PROBES, TCP_RTO_MAX_SEC.
 */
static const struct values fresh = { {
	[OPTION_IDLE] = 7200,
	[OPTION_INTERVAL] = 75,
	[OPTION_COUNT] = 9,
	[OPTION_RTO_MAX] = 120000,
} };

static const char *const sysctls[OPTIONS] = {
	[OPTION_IDLE] = "tcp_keepalive_time",
	[OPTION_INTERVAL] = "tcp_keepalive_intvl",
	[OPTION_COUNT] = "tcp_keepalive_probes",
	[OPTION_RTO_MAX] = "tcp_rto_max_ms",
};

/*
 * The values in the network namespace that this process is in; those that cannot be read stay. A
 * new socket is not asked, because programs may have set its options already.
 */
static struct values read_sysctls(void)
{
	struct values values = fresh;

	for (unsigned i = 0; i < OPTIONS; i++) {
		char path[64];
		FILE *file;

		if (!sysctls[i])
			continue;
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", sysctls[i]);
		file = fopen(path, "re");
		if (file && fscanf(file, "%d", &values.value[i]) != 1)
			values.value[i] = fresh.value[i];
		if (file)
			fclose(file);
	}
	return values;
}

/* The place of these values, which are added if they are not there yet. */
static size_t place_of(struct untouched *untouched, struct values values)
{
	size_t i = 0;

	while (i < untouched->count && memcmp(&untouched->in[i], &values, sizeof(values)) != 0)
		i++;
	if (i == untouched->count) {
		untouched->in = array_room(untouched->in, untouched->count, &untouched->room,
					   sizeof(*untouched->in));
		untouched->in[untouched->count++] = values;
	}
	return i;
}

static void add(struct untouched *untouched, ino_t space, struct values values)
{
	untouched->spaces = array_room(untouched->spaces, untouched->space_count,
				       &untouched->space_room, sizeof(*untouched->spaces));
	untouched->spaces[untouched->space_count++] =
		(struct namespace_values){ space, place_of(untouched, values) };
}

/* In a child, which enters the process's namespace and writes what it reads there. */
static void visit_namespace(pid_t pid, int answer)
{
	struct values values;
	char path[64];
	int space;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	space = open(path, O_RDONLY | O_CLOEXEC);
	if (space < 0 || setns(space, CLONE_NEWNET) != 0)
		_exit(1);
	values = read_sysctls();
	_exit(write(answer, &values, sizeof(values)) != sizeof(values));
}

/* The values in the process's namespace, or the defaults of every namespace. */
static struct values visit(pid_t pid)
{
	struct values values = fresh;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return values;
	child = fork();
	if (child == 0)
		visit_namespace(pid, ends[1]);
	close(ends[1]);
	if (read(ends[0], &values, sizeof(values)) != sizeof(values))
		values = fresh;
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return values;
}

static void read_process(struct untouched *untouched, pid_t pid)
{
	ino_t space = net_namespace_of(pid);

	for (size_t i = 0; i < untouched->space_count; i++) {
		if (untouched->spaces[i].space == space)
			return;
	}
	add(untouched, space, visit(pid));
}

static void read_group(void *context, const struct group *group)
{
	pid_t *pids;
	size_t count = group_processes(group, &pids, NULL);

	for (size_t i = 0; i < count; i++)
		read_process(context, pids[i]);
	free(pids);
}

void untouched_read(struct untouched *untouched, const struct group *group)
{
	*untouched = (struct untouched){ .count = 0 };
	add(untouched, net_namespace_of(getpid()), read_sysctls());
	place_of(untouched, fresh);
	if (group)
		group_walk(group, read_group, untouched);
}

const struct values *untouched_of(const struct untouched *untouched, pid_t pid)
{
	ino_t space = net_namespace_of(pid);

	for (size_t i = 0; i < untouched->space_count; i++) {
		if (untouched->spaces[i].space == space)
			return &untouched->in[untouched->spaces[i].in];
	}
	return &fresh;
}

void untouched_free(struct untouched *untouched)
{
	free(untouched->in);
	free(untouched->spaces);
}
