/*
 * path: cuts a path, without the GNU and POSIX versions of basename(3), which differ; and follows
 * one without openat2(2), which is newer than some kernels.
 */
#include "base/path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Appends a part to a path. Returns false if they are too long. */
static bool append(char path[PATH_MAX], const char *part, size_t size)
{
	size_t length = strlen(path), room = PATH_MAX - length;

	return (size_t)snprintf(path + length, room, "/%.*s", (int)size, part) < room;
}

/* Removes the last part of a path, but nothing of its beginning. */
static void remove_last(char *path, size_t beginning)
{
	char *slash = strrchr(path + beginning, '/');

	if (slash)
		*slash = '\0';
}

/* Puts what a link says in front of the rest of a path. Returns false if they are too long. */
static bool put_in_front(char rest[PATH_MAX], const char *link, const char *at)
{
	char next[PATH_MAX];

	if (snprintf(next, sizeof(next), "%s%s", link, at) >= PATH_MAX)
		return false;
	snprintf(rest, PATH_MAX, "%s", next);
	return true;
}

int path_in_root(const char *root, const char *path, char found[PATH_MAX])
{
	enum { LINKS_MAX = 40 }; /* as many as the kernel follows: path_resolution(7) */
	size_t beginning = strlen(root), before, length;
	char rest[PATH_MAX], link[PATH_MAX];
	unsigned links = 0;

	if (snprintf(found, PATH_MAX, "%s", *root ? root : path) >= PATH_MAX ||
	    snprintf(rest, PATH_MAX, "%s", *root ? path : "") >= PATH_MAX)
		return ENAMETOOLONG;
	for (const char *at = rest; *(at += strspn(at, "/")); at += length) {
		ssize_t size;

		length = strcspn(at, "/");
		if (length == 1 && *at == '.')
			continue;
		if (length == 2 && memcmp(at, "..", 2) == 0) {
			remove_last(found, beginning);
			continue;
		}
		before = strlen(found);
		if (!append(found, at, length))
			return ENAMETOOLONG;
		size = readlink(found, link, sizeof(link) - 1);
		if (size < 0)
			continue;
		if (++links > LINKS_MAX)
			return ELOOP;
		link[size] = '\0';
		found[*link == '/' ? beginning : before] = '\0';
		if (!put_in_front(rest, link, at + length))
			return ENAMETOOLONG;
		at = rest;
		length = 0;
	}
	return 0;
}
