/* group: finds the control group that a path or a process id names. */
#include "cgroup/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/message.h"
#include "process/proc.h"
#include "process/process.h"

/* Replaces the escapes for blanks and backslashes in proc(5), such as \040. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		unsigned code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* A mount of cgroup2. */
struct mount {
	int id;
	char path[PATH_MAX]; /* where it is mounted */
	char root[PATH_MAX]; /* the group that it shows there, as our cgroup namespace names it */
};

/* Reads a line of /proc/self/mountinfo. Returns false if that mount is not cgroup2. */
static bool read_mount(const char *line, struct mount *mount)
{
	char format[64], type[16];
	const char *behind = strstr(line, " - ");

	snprintf(format, sizeof(format), "%%d %%*s %%*s %%%zus %%%zus", sizeof(mount->root) - 1,
		 sizeof(mount->path) - 1);
	if (!behind || sscanf(behind, " - %15s", type) != 1 || strcmp(type, "cgroup2") != 0 ||
	    sscanf(line, format, &mount->id, mount->root, mount->path) != 3)
		return false;
	unescape(mount->root);
	unescape(mount->path);
	return true;
}

/* Whether no other mount covers it. */
static bool is_visible(const struct mount *mount)
{
	struct file_handle none = { .handle_bytes = 0 };
	struct statfs status;
	int id = mount->id;

	/* With no room for the handle this fails, but stores the mount's number. */
	name_to_handle_at(AT_FDCWD, mount->path, &none, &id, 0);
	return id == mount->id && statfs(mount->path, &status) == 0 &&
	       status.f_type == CGROUP2_SUPER_MAGIC;
}

static bool is_whole(const struct mount *mount)
{
	return strcmp(mount->root, "/") == 0;
}

/*
 * A mount of cgroup2, if possible one of the whole hierarchy; NULL, with what is wrong in *why, if
 * there is none.
 */
static const struct mount *group_mount(struct text *why)
{
	static struct mount mount;
	static bool found;
	struct mount next;
	FILE *mounts;
	char *line = NULL;
	size_t size = 0;

	if (found)
		return &mount;
	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && !(found && is_whole(&mount)) && getline(&line, &size, mounts) > 0) {
		if (!read_mount(line, &next) || !is_visible(&next) || (found && !is_whole(&next)))
			continue;
		mount = next;
		found = true;
	}
	free(line);
	if (mounts)
		fclose(mounts);
	if (found)
		return &mount;
	text_string(why, "cgroup2 is not mounted (mount -t cgroup2 none /sys/fs/cgroup)");
	return NULL;
}

static bool is_folder_of_cgroup2(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

/* Opens a directory, if it is a control group. Returns a descriptor, or -1 and errno. */
static int open_folder(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !is_folder_of_cgroup2(fd)) {
		close(fd);
		errno = ENOTTY;
		return -1;
	}
	return fd;
}

/* Uses the open directory with this path below the mount. */
static bool take(struct group *group, int fd, const char *path)
{
	struct stat status;
	size_t length = strlen(path);

	if (fd < 0 || fstat(fd, &status) != 0)
		return false;
	while (length > 1 && path[length - 1] == '/')
		length--;
	*group = (struct group){ .fd = fd, .id = status.st_ino };
	if (asprintf(&group->path, "%s%.*s", *path == '/' ? "" : "/", (int)length, path) < 0)
		abort();
	return true;
}

/* Whether the path goes up somewhere, by "..". */
static bool goes_up(const char *path)
{
	for (const char *at = strstr(path, ".."); at; at = strstr(at + 1, "..")) {
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	}
	return false;
}

/* Opens the group with this path below the mount. */
static bool open_below(struct group *group, const struct mount *mount, const char *path)
{
	char whole[2 * PATH_MAX];

	if (!*path || goes_up(path))
		return false;
	snprintf(whole, sizeof(whole), "%s/%s", mount->path, path + (*path == '/'));
	return take(group, open_folder(AT_FDCWD, whole), path);
}

/* What of the path is below the directory; NULL if it is elsewhere. */
static const char *path_below(const char *path, const char *directory)
{
	size_t length = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

	if (strncmp(path, directory, length) != 0)
		return NULL;
	path += length;
	return *path == '/' ? path : *path == '\0' ? "/" : NULL;
}

/*
 * A directory by its path, below any mount of cgroup2: the hierarchy may be mounted more than once,
 * in parts as well, and all mounts show the same groups. Its path is the one below our mount, if it
 * is visible there.
 */
static bool open_absolute(struct group *group, const struct mount *ours, const char *name)
{
	char real[PATH_MAX], *path = NULL, *line = NULL;
	size_t size = 0, longest = 0;
	struct mount mount;
	FILE *mounts = realpath(name, real) ? fopen("/proc/self/mountinfo", "re") : NULL;
	const char *below, *inside;
	bool opened;

	while (mounts && getline(&line, &size, mounts) > 0) {

		if (!read_mount(line, &mount) || !is_visible(&mount))
			continue;
		below = path_below(real, mount.path);
		if (!below || strlen(mount.path) < longest)
			continue;
		longest = strlen(mount.path);
		free(path);
		if (asprintf(&path, "%s%s", is_whole(&mount) ? "" : mount.root, below) < 0)
			abort();
	}
	free(line);
	if (mounts)
		fclose(mounts);
	inside = path ? path_below(path, ours->root) : NULL;
	opened = path && take(group, open_folder(AT_FDCWD, real), inside ? inside : path);
	free(path);
	return opened;
}

static bool no_group(struct text *why, const char *name)
{
	text_string(why, "no control group ");
	text_quoted(why, slice_of(name));
	text_string(why,
		    errno == EACCES
			    ? ": permission denied"
			    : " (expected a directory of cgroup2, its path below the mount, or "
			      "a process id)");
	return false;
}

/*
 * Ours. The commands that systemd starts beside a service which has groups of its own (Delegate=)
 * are in one named .control: that of the service is meant.
 */
static bool open_self(struct group *group, struct text *why)
{
	struct group below;
	bool opened;

	if (!group_open_process(group, getpid(), why))
		return false;
	if (strcmp(strrchr(group->path, '/'), "/.control") != 0)
		return true;
	below = *group;
	opened = group_open_above(&below, group);
	group_close(&below);
	return opened;
}

bool group_open(struct group *group, const char *name, struct text *why)
{
	const struct mount *mount;

	if (strcmp(name, "self") == 0)
		return open_self(group, why);
	if (*name && name[strspn(name, "0123456789")] == '\0') {
		pid_t pid = process_number(name);

		return pid && group_open_process(group, pid, why);
	}
	mount = group_mount(why);
	if (!mount)
		return false;
	errno = 0;
	if (*name == '/' && open_absolute(group, mount, name))
		return true;
	if (open_below(group, mount, name))
		return true;
	return no_group(why, name);
}

bool group_open_process(struct group *group, pid_t pid, struct text *why)
{
	struct process process;
	const struct mount *mount = group_mount(why);
	const char *below;
	char path[64], *line = NULL;
	size_t size = 0;
	bool opened = false;
	FILE *file;

	if (!mount || !process_read(&process, pid, why))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	file = fopen(path, "re");
	/*
	 * Both paths are as our cgroup namespace names them, and begin with "/.." outside of that:
	 * cgroup_namespaces(7).
	 */
	while (file && !opened && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		below = strncmp(line, "0::/", 4) == 0 ? path_below(line + 3, mount->root) : NULL;
		opened = below && open_below(group, mount, below);
	}
	free(line);
	if (file)
		fclose(file);
	if (!opened) {
		text_process(why, &process);
		text_string(why, ": its control group is not visible from here");
	}
	return opened;
}

void group_close(struct group *group)
{
	close(group->fd);
	free(group->path);
	group->path = NULL;
}

bool group_is_root(const struct group *group)
{
	/* Linux kernfs_create_root(): the first inode. */
	return group->id == 1;
}

bool group_open_above(const struct group *group, struct group *above)
{
	char *path, *slash;
	bool opened;

	if (group_is_root(group) || strcmp(group->path, "/") == 0)
		return false;
	path = strdup(group->path);
	slash = path ? strrchr(path, '/') : NULL;
	if (!slash)
		abort();
	slash[slash == path] = '\0';
	/* Above the root of a mount that shows a part of the hierarchy there is no group. */
	opened = take(above, open_folder(group->fd, ".."), path);
	free(path);
	return opened;
}

/* The folder's entries: fd's own offset is not used, since the caller may read it again. */
static DIR *entries(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return again < 0 ? NULL : fdopendir(again);
}

/* errno says why; a group may also end at any time. */
static void warn_of_unread(const char *path)
{
	if (errno != ENOENT && errno != ENODEV)
		warning("%s: the control groups there cannot be read: %s", path, strerror(errno));
}

void group_walk(const struct group *group, void visit(void *context, const struct group *group),
		void *context)
{
	DIR *folder = entries(group->fd);
	struct dirent *entry;

	if (!folder)
		warn_of_unread(group->path);
	visit(context, group);
	while (folder && (entry = readdir(folder))) {
		struct group below;
		char *path;

		if (entry->d_type != DT_DIR || goes_up(entry->d_name) ||
		    strcmp(entry->d_name, ".") == 0)
			continue;
		if (asprintf(&path, "%s/%s", strcmp(group->path, "/") == 0 ? "" : group->path,
			     entry->d_name) < 0)
			abort();
		if (take(&below,
			 openat(group->fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			 path)) {
			group_walk(&below, visit, context);
			group_close(&below);
		} else {
			warn_of_unread(path);
		}
		free(path);
	}
	if (folder)
		closedir(folder);
}

/*
 * The numbers in a file of the group, into an array for free(3), and how many there have none in
 * our PID namespace. Returns how many.
 */
static size_t read_numbers(const struct group *group, const char *name, pid_t **numbers,
			   unsigned *hidden)
{
	int fd = openat(group->fd, name, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	size_t count = 0, room = 0;
	int number;

	*numbers = NULL;
	*hidden = 0;
	while (file && fscanf(file, "%d", &number) == 1) {
		if (!number) {
			(*hidden)++;
			continue;
		}
		*numbers = array_room(*numbers, count, &room, sizeof(**numbers));
		(*numbers)[count++] = number;
	}
	if (file)
		fclose(file);
	return count;
}

/* Puts the process in place of each of its threads. Returns how many processes there are. */
static size_t processes_of(pid_t *threads, size_t count)
{
	size_t processes = 0;

	for (size_t i = 0; i < count; i++) {
		pid_t pid = (pid_t)proc_status_number(threads[i], "Tgid");
		size_t known = 0;

		while (known < processes && threads[known] != pid)
			known++;
		if (pid && known == processes)
			threads[processes++] = pid;
	}
	return processes;
}

size_t group_processes(const struct group *group, pid_t **pids, unsigned *hidden)
{
	unsigned number;
	size_t count = read_numbers(group, "cgroup.procs", pids, &number);

	/* In a threaded group the former cannot be read: cgroups(7), "Thread mode". */
	if (!count && !number) {
		free(*pids);
		count = read_numbers(group, "cgroup.threads", pids, &number);
		count = processes_of(*pids, count);
	}
	if (hidden)
		*hidden = number;
	return count;
}
