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

/* Whether a line of /proc/self/mountinfo is cgroup2, and where it is mounted. */
static bool is_cgroup2(const char *line, char *path, size_t size)
{
	char format[32], type[16];
	const char *behind = strstr(line, " - ");

	snprintf(format, sizeof(format), "%%*s %%*s %%*s %%*s %%%zus", size - 1);
	if (!behind || sscanf(behind, " - %15s", type) != 1 || strcmp(type, "cgroup2") != 0 ||
	    sscanf(line, format, path) != 1)
		return false;
	unescape(path);
	return true;
}

/* Whether no other mount covers it. */
static bool is_visible(const char *mount)
{
	struct statfs status;

	return statfs(mount, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

/* Where cgroup2 is mounted; NULL, with what is wrong in *why, if it is not. */
static const char *group_mount(struct text *why)
{
	static char path[PATH_MAX];
	FILE *mounts;
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (*path)
		return path;
	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && !found && getline(&line, &size, mounts) > 0)
		found = is_cgroup2(line, path, sizeof(path)) && is_visible(path);
	free(line);
	if (mounts)
		fclose(mounts);
	if (found)
		return path;
	*path = '\0';
	text_string(why, "cgroup2 is not mounted (mount -t cgroup2 none /sys/fs/cgroup)");
	return NULL;
}

static bool is_folder_of_cgroup2(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

/* Opens a directory, if it is a control group. Returns a descriptor, or -1 and errno. */
static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

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

static int open_below(const char *mount, const char *path)
{
	char whole[2 * PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/%s", mount, path + (*path == '/'));
	return open_folder(whole);
}

/* The path of a directory, as far as it is below the mount. */
static bool open_absolute(struct group *group, const char *mount, const char *name)
{
	char real[PATH_MAX], real_mount[PATH_MAX];
	size_t length;

	if (!realpath(name, real) || !realpath(mount, real_mount))
		return false;
	length = strlen(real_mount);
	if (strncmp(real, real_mount, length) != 0 || (real[length] && real[length] != '/'))
		return false;
	return take(group, open_folder(real), real[length] ? real + length : "/");
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
	const char *mount;

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
	if (*name && !strstr(name, "..") && take(group, open_below(mount, name), name))
		return true;
	return no_group(why, name);
}

bool group_open_process(struct group *group, pid_t pid, struct text *why)
{
	struct process process;
	const char *mount = group_mount(why);
	char path[64], *line = NULL;
	size_t size = 0;
	bool opened = false;
	FILE *file;

	if (!mount || !process_read(&process, pid, why))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	file = fopen(path, "re");
	while (file && !opened && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0 && strncmp(line, "0::/..", 6) != 0)
			opened = take(group, open_below(mount, line + 3), line + 3);
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
	opened = take(above, openat(group->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
	free(path);
	return opened;
}

/* The folder's entries: fd's own offset is not used, since the caller may read it again. */
static DIR *entries(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return again < 0 ? NULL : fdopendir(again);
}

void group_walk(const struct group *group, void visit(void *context, const struct group *group),
		void *context)
{
	DIR *folder = entries(group->fd);
	struct dirent *entry;

	visit(context, group);
	while (folder && (entry = readdir(folder))) {
		struct group below;
		char *path;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", strcmp(group->path, "/") == 0 ? "" : group->path,
			     entry->d_name) < 0)
			abort();
		if (take(&below,
			 openat(group->fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			 path)) {
			group_walk(&below, visit, context);
			group_close(&below);
		}
		free(path);
	}
	if (folder)
		closedir(folder);
}

size_t group_processes(const struct group *group, pid_t **pids)
{
	int fd = openat(group->fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	size_t count = 0, room = 0;
	int pid;

	*pids = NULL;
	while (file && fscanf(file, "%d", &pid) == 1) {
		if (!pid)
			continue; /* of another PID namespace */
		*pids = array_room(*pids, count, &room, sizeof(**pids));
		(*pids)[count++] = pid;
	}
	if (file)
		fclose(file);
	return count;
}
