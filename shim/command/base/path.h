/* path: parts of a file's path. */
#ifndef KEEPALIVE_PATH_H
#define KEEPALIVE_PATH_H

/* What follows the last slash; the whole path if there is none. */
const char *base_name(const char *path);

#endif
