/* path: parts of a file's path, and paths in another root directory. */
#ifndef KEEPALIVE_PATH_H
#define KEEPALIVE_PATH_H

#include <limits.h>

/* What follows the last slash; the whole path if there is none. */
const char *base_name(const char *path);

/*
 * Where the file is that is named path by those whose root directory is root: symbolic links are
 * followed there, and none leads out of it. If root is "", which means ours, it is path itself.
 * Returns 0 or an errno; a last part that does not exist is no error.
 */
int path_in_root(const char *root, const char *path, char found[PATH_MAX]);

#endif
