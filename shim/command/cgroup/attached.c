/* attached: attaches programs to control groups, lists what is attached, and detaches it. */
#include "cgroup/attached.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/message.h"
#include "cgroup/bpf.h"

enum { PIN_PATH_MAX = sizeof(PINS) + 64 };

enum { ATTACHED_MAX = 64 }; /* BPF_CGROUP_MAX_PROGS */

struct programs {
	uint32_t id[ATTACHED_MAX], count;
};

static void folder_of(uint64_t id, char path[PIN_PATH_MAX])
{
	snprintf(path, PIN_PATH_MAX, PINS "/%" PRIu64, id);
}

static void pin_of(uint64_t id, enum program_kind kind, char path[PIN_PATH_MAX])
{
	snprintf(path, PIN_PATH_MAX, PINS "/%" PRIu64 "/%s", id, program_name(kind));
}

static void settings_pin_of(uint64_t id, char path[PIN_PATH_MAX])
{
	snprintf(path, PIN_PATH_MAX, PINS "/%" PRIu64 "/settings", id);
}

/* The group's link of this kind if it is still attached, otherwise -1. */
static int link_of(uint64_t id, enum program_kind kind)
{
	char path[PIN_PATH_MAX];
	struct bpf_link about;
	int link;

	pin_of(id, kind, path);
	link = bpf_pinned(path);
	if (link < 0 || (bpf_about_link(link, &about) == 0 && about.group))
		return link;
	close(link);
	unlink(path);
	return -1;
}

static bool has_links(uint64_t id)
{
	bool found = false;

	for (unsigned i = 0; i < PROGRAMS && !found; i++) {
		int link = link_of(id, i);

		found = link >= 0;
		if (found)
			close(link);
	}
	return found;
}

static bool remove_link(uint64_t id, enum program_kind kind)
{
	char path[PIN_PATH_MAX];
	int link = link_of(id, kind);

	if (link < 0)
		return false;
	bpf_detach(link); /* immediately, and not when the kernel gets to it */
	close(link);
	pin_of(id, kind, path);
	return unlink(path) == 0;
}

static bool remove_links(uint64_t id)
{
	char path[PIN_PATH_MAX];
	bool found = false;

	for (unsigned i = PROGRAMS; i-- > 0;)
		found = remove_link(id, i) || found;
	settings_pin_of(id, path);
	unlink(path);
	folder_of(id, path);
	rmdir(path);
	return found;
}

static void text_program(struct text *text, uint32_t id, enum program_kind kind)
{
	struct bpf_about about = { .name = "" };
	int program = bpf_program_of(id);

	if (program >= 0) {
		bpf_about_program(program, &about);
		close(program);
	}
	text_string(text, "the ");
	text_string(text, program_name(kind));
	text_string(text, " program ");
	text_quoted(text, slice_of(about.name));
	text_string(text, " (id ");
	text_number(text, id);
	text_char(text, ')');
}

/*
 * Whether another's program on the group or above keeps ours away. One that was attached without
 * BPF_F_ALLOW_MULTI allows no other on its group. Below that, the kernel allows none either, or,
 * with BPF_F_ALLOW_OVERRIDE, those of a lower group instead of it (bpf_prog_attach() in
 * <linux/bpf.h>): ours would switch it off there.
 */
static bool is_excluded(const struct group *group, enum program_kind kind, struct text *why)
{
	uint32_t id = 0, count = 1, flags = 0;
	struct group above;
	bool excluded, known;

	known = bpf_query(group->fd, program_attach_type(kind), 0, &id, &count, &flags) == 0 ||
		errno == ENOSPC; /* several */
	if (known && count) {
		if (flags & BPF_F_ALLOW_MULTI)
			return false;
		text_program(why, id, kind);
		text_string(why, " on ");
		text_plain(why, slice_of(group->path));
		text_string(why, flags & BPF_F_ALLOW_OVERRIDE
					 ? " would no longer run where others are attached there "
					   "or below (BPF_F_ALLOW_OVERRIDE)"
					 : " does not allow others there or below");
		return true;
	}
	if (!group_open_above(group, &above))
		return false;
	excluded = is_excluded(&above, kind, why);
	group_close(&above);
	return excluded;
}

static bool refused(struct text *why, const char *what, int error)
{
	text_string(why, what);
	text_string(why, ": ");
	text_string(why, strerror(error));
	if (geteuid() != 0 && (error == EACCES || error == EPERM))
		text_string(why, ": run as root");
	return false;
}

static bool put_new(const struct group *group, enum program_kind kind, int program,
		    struct text *why)
{
	char path[PIN_PATH_MAX];
	int link, error;
	bool pinned;

	if (is_excluded(group, kind, why))
		return false;
	link = bpf_attach(program, group->fd, program_attach_type(kind));
	if (link < 0)
		return refused(why, "the programs cannot be attached", errno);
	pin_of(group->id, kind, path);
	pinned = bpf_pin(link, path) == 0;
	error = errno;
	close(link);
	return pinned || refused(why, path, error);
}

/* Returns false, with the reason in *why. */
static bool put(const struct group *group, enum program_kind kind, int program, struct text *why)
{
	int link = link_of(group->id, kind), error;

	if (program < 0) {
		if (link >= 0)
			close(link);
		remove_link(group->id, kind);
		return true;
	}
	if (link < 0)
		return put_new(group, kind, program, why);
	error = bpf_replace(link, program) == 0 ? 0 : errno;
	close(link);
	return !error || refused(why, "the programs there cannot be replaced", error);
}

/*
 * Whether nobody else can put anything into the directory of all pins. /sys/fs/bpf may allow
 * everybody to make one.
 */
static bool is_ours_alone(struct text *why)
{
	struct stat status;

	if (lstat(PINS, &status) != 0)
		return errno == ENOENT || refused(why, PINS, errno);
	if (S_ISDIR(status.st_mode) && (!status.st_uid || status.st_uid == geteuid()) &&
	    !(status.st_mode & (S_IWGRP | S_IWOTH)))
		return true;
	text_string(why, PINS ": not a directory that only its owner, root, can write: remove it");
	return false;
}

static bool make_folder(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Makes the directory of all pins, and the one in it if path is not NULL. */
static bool make_folders(const char *path, struct text *why)
{
	struct statfs status;

	if (statfs("/sys/fs/bpf", &status) != 0 || (unsigned long)status.f_type != BPF_FS_MAGIC) {
		text_string(why, "no bpf file system is mounted (mount -t bpf -o mode=700 bpf "
				 "/sys/fs/bpf)");
		return false;
	}
	if (!is_ours_alone(why))
		return false;
	/* Another detach may remove the upper one between the two. */
	return (make_folder(PINS) && (!path || make_folder(path))) || errno == ENOENT ||
	       refused(why, path ? path : PINS, errno);
}

/* Opens and locks a directory. Returns -1, with errno, if it is not there. */
static int lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat locked, now;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX) == 0 && fstat(fd, &locked) == 0 && stat(path, &now) == 0 &&
	    locked.st_ino == now.st_ino)
		return fd;
	close(fd); /* whoever had the lock has removed the directory */
	errno = ENOENT;
	return -1;
}

/*
 * Calls visit with the number of each group that has pins. Returns 0; -1 and errno if they cannot
 * be read.
 */
static int each_pinned(void visit(void *context, uint64_t id), void *context)
{
	DIR *folder = opendir(PINS);
	struct dirent *entry;

	if (!folder)
		return errno == ENOENT ? 0 : -1;
	while ((entry = readdir(folder))) {
		uint64_t id = strtoull(entry->d_name, NULL, 10);

		if (id)
			visit(context, id);
	}
	closedir(folder);
	return 0;
}

/*
 * The pins of a group that is gone keep its programs in the kernel. A group that is being attached
 * to has no pins yet, or a link that works.
 */
static void remove_if_gone(void *context, uint64_t id)
{
	char path[PIN_PATH_MAX];
	bool pinned = false;

	(void)context;
	for (unsigned i = 0; i < PROGRAMS && !pinned; i++) {
		pin_of(id, i, path);
		pinned = access(path, F_OK) == 0;
	}
	if (pinned && !has_links(id))
		remove_links(id);
}

/* Removes the pins of the shared maps after those of the last group. */
static void remove_shared(void)
{
	int fd = lock(PINS);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool used = false;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		used = used || strtoull(entry->d_name, NULL, 10);
	rewinddir(folder);
	while (!used && (entry = readdir(folder)))
		unlinkat(fd, entry->d_name, 0);
	rmdir(PINS);
	closedir(folder); /* and unlocks it */
}

static int make_and_lock(const char *path, const char *group, struct text *why)
{
	int fd;

	do {
		if (!make_folders(group, why))
			return -1;
		fd = lock(path);
	} while (fd < 0 && errno == ENOENT);
	if (fd < 0)
		refused(why, path, errno);
	return fd;
}

int attached_lock(const struct group *group, struct text *why)
{
	char path[PIN_PATH_MAX];

	folder_of(group->id, path);
	return make_and_lock(path, path, why);
}

static void unlock(uint64_t id, int fd)
{
	char path[PIN_PATH_MAX];

	folder_of(id, path);
	rmdir(path); /* if nothing is pinned there */
	close(fd);
	remove_shared();
}

void attached_unlock(const struct group *group, int fd)
{
	unlock(group->id, fd);
}

int attached_lock_maps(struct text *why)
{
	return make_and_lock(PINS, NULL, why);
}

void attached_unlock_maps(int fd)
{
	close(fd);
	remove_shared();
}

static bool pin_settings(const struct group *group, const struct loaded *loaded, struct text *why)
{
	char path[PIN_PATH_MAX];

	settings_pin_of(group->id, path);
	unlink(path);
	return bpf_pin(loaded->text_map, path) == 0 || refused(why, path, errno);
}

bool attached_put(const struct group *group, const struct loaded *loaded, struct text *why)
{
	bool had = has_links(group->id), done = true;

	each_pinned(remove_if_gone, NULL);
	for (unsigned i = 0; i < PROGRAMS && done; i++)
		done = put(group, i, loaded->program[i], why);
	done = done && pin_settings(group, loaded, why);
	if (!done && !had)
		remove_links(group->id);
	return done;
}

/* Whether the pins of a group can be opened, if there are any. */
static bool are_accessible(uint64_t id, struct text *why)
{
	char path[PIN_PATH_MAX];

	for (unsigned i = 0; i < PROGRAMS; i++) {
		int link;

		pin_of(id, i, path);
		link = bpf_pinned(path);
		if (link >= 0)
			close(link);
		else if (errno != ENOENT)
			return refused(why, path, errno);
	}
	return true;
}

/* Removes what is attached to a group. */
static enum removal remove_all_of(uint64_t id, struct text *why)
{
	char path[PIN_PATH_MAX];
	enum removal removal;
	int fd;

	folder_of(id, path);
	fd = lock(path);
	if (fd < 0 && errno == ENOENT)
		return REMOVAL_NOTHING;
	if (fd < 0) {
		refused(why, path, errno);
		return REMOVAL_REFUSED;
	}
	if (are_accessible(id, why))
		removal = remove_links(id) ? REMOVAL_DONE : REMOVAL_NOTHING;
	else
		removal = REMOVAL_REFUSED;
	unlock(id, fd);
	return removal;
}

enum removal attached_remove(const struct group *group, struct text *why)
{
	enum removal removal;

	if (!is_ours_alone(why))
		return REMOVAL_REFUSED;
	removal = remove_all_of(group->id, why);
	if (removal == REMOVAL_NOTHING) {
		text_plain(why, slice_of(group->path));
		text_string(why, ": nothing is attached there by keepalive cgroup attach");
	}
	return removal;
}

struct removing {
	enum removal done;
	struct text *why;
};

static void remove_any(void *context, uint64_t id)
{
	struct removing *removing = context;
	enum removal removal;

	if (removing->done == REMOVAL_REFUSED)
		return;
	removal = remove_all_of(id, removing->why);
	if (removal != REMOVAL_NOTHING)
		removing->done = removal;
}

enum removal attached_remove_all(struct text *why)
{
	struct removing removing = { REMOVAL_NOTHING, why };

	if (!is_ours_alone(why))
		return REMOVAL_REFUSED;
	if (each_pinned(remove_any, &removing) != 0) {
		refused(why, PINS, errno);
		return REMOVAL_REFUSED;
	}
	remove_shared();
	return removing.done;
}

/* The programs of one kind that are on the group itself. Returns 0, or an errno. */
static int programs_on(const struct group *group, enum program_kind kind, struct programs *programs)
{
	programs->count = ATTACHED_MAX;
	if (bpf_query(group->fd, program_attach_type(kind), 0, programs->id, &programs->count,
		      NULL) == 0)
		return 0;
	programs->count = 0;
	return errno == EPERM ? EPERM : 0;
}

/* Programs that were loaded together, by the map with their settings. */
struct loaded_together {
	uint32_t map;
	unsigned kinds; /* of those attached: bits */
};

static unsigned add_program(struct loaded_together *found, unsigned count, uint32_t map,
			    enum program_kind kind)
{
	unsigned i = 0;

	while (i < count && found[i].map != map)
		i++;
	if (i == ATTACHED_MAX)
		return count;
	if (i == count)
		found[count++] = (struct loaded_together){ .map = map };
	found[i].kinds |= 1U << kind;
	return count;
}

/* Those that are whole come in the order in which they were attached. */
static int find_all(const struct group *group, struct loaded_together *found, unsigned *count)
{
	struct programs programs;

	for (unsigned kind = PROGRAMS; kind-- > 0;) {
		int error = programs_on(group, kind, &programs);

		for (uint32_t i = 0; i < programs.count && !error; i++) {
			uint32_t map = program_settings_map(programs.id[i]);

			if (map)
				*count = add_program(found, *count, map, kind);
			else if (errno == EPERM)
				error = EPERM;
		}
		if (error)
			return error;
	}
	return 0;
}

/* Whether a link of attached_put() on the group has a program with these settings. */
static bool is_by_us(const struct group *group, uint32_t map)
{
	bool found = false;

	for (unsigned i = 0; i < PROGRAMS && !found; i++) {
		struct bpf_link about = { .program = 0 };
		int link = link_of(group->id, i);

		if (link < 0)
			continue;
		found = bpf_about_link(link, &about) == 0 &&
			program_settings_map(about.program) == map;
		close(link);
	}
	return found;
}

static unsigned missing_of(const struct settings *settings, unsigned kinds)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (i != PROGRAM_SOCK_CREATE && program_is_needed(settings, i))
			missing |= 1U << i;
	}
	return missing & ~kinds;
}

int attached_find(const struct group *group,
		  void visit(void *context, const struct attached *attached), void *context)
{
	struct attached attached = { .group = group };
	struct loaded_together found[ATTACHED_MAX];
	unsigned count = 0;
	int error = find_all(group, found, &count);

	for (unsigned i = 0; i < count && !error; i++) {
		if (!map_settings(found[i].map, &attached.settings))
			continue;
		attached.by_us = is_by_us(group, found[i].map);
		attached.missing = missing_of(&attached.settings, found[i].kinds);
		visit(context, &attached);
	}
	return error;
}

/* Returns 0 if there are none at all. */
static int any_programs(const struct group *group)
{
	struct programs programs;

	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (programs_on(group, i, &programs) != 0 || programs.count)
			return EPERM;
	}
	return 0;
}

int attached_find_pinned(const struct group *group,
			 void visit(void *context, const struct attached *attached), void *context)
{
	struct attached attached = { .group = group, .by_us = true };
	char path[PIN_PATH_MAX];
	int error = attached_find(group, visit, context);

	if (error != EPERM)
		return error;
	settings_pin_of(group->id, path);
	if (!settings_of_map(bpf_pinned(path), &attached.settings))
		return any_programs(group);
	visit(context, &attached);
	return 0;
}

void text_missing(struct text *text, unsigned missing)
{
	const char *before = "without ";

	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (!(missing & 1U << i))
			continue;
		missing &= ~(1U << i);
		text_string(text, before);
		text_string(text, program_name(i));
		before = missing & (missing - 1) ? ", " : " and ";
	}
}

struct serving {
	struct settings here; /* of the group that is looked at */
	unsigned missing;
	bool seen;
};

/* The first, because the programs of a group run in the order in which they were attached. */
static void take_settings(void *context, const struct attached *attached)
{
	struct serving *serving = context;

	if (serving->seen)
		return;
	settings_copy(&serving->here, &attached->settings);
	serving->missing = attached->missing;
	serving->seen = true;
}

/* Of the groups the innermost, unless an outer one forces. */
bool attached_serve(pid_t pid, struct settings *settings, char **path, unsigned *missing)
{
	static struct serving serving;
	struct text nobody = { NULL, NULL, NULL };
	struct group group, above;
	bool more = group_open_process(&group, pid, &nobody);

	*path = NULL;
	while (more) {
		serving.seen = false;
		if (attached_find(&group, take_settings, &serving) != 0) {
			group_close(&group);
			break;
		}
		if (serving.seen &&
		    (!*path || (serving.here.base.force && !settings->base.force))) {
			settings_copy(settings, &serving.here);
			*missing = serving.missing;
			free(*path);
			*path = strdup(group.path);
		}
		more = group_open_above(&group, &above);
		group_close(&group);
		group = above;
	}
	return *path != NULL;
}
