/*
 * file: the file of a descriptor or a path, from statx(2), whose layout is the kernel's and not the
 * C library's.
 */
#ifndef KEEPALIVE_FILE_H
#define KEEPALIVE_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero if there is no such file, or the kernel has no statx(2) (before Linux 4.11). */
struct file {
	uint64_t inode, size;
	uint64_t born; /* when it was created; 0 if the file system does not record that */
	uint32_t device_major, device_minor, uid;
	uint16_t mode;          /* type and permissions: inode(7) */
	uint16_t special_major; /* of a device */
};

/* How a write to it behaves. */
enum file_kind {
	FILE_UNKNOWN, /* not open, or no statx(2) */
	FILE_SOCKET,
	FILE_PIPE,
	FILE_REGULAR,
	FILE_SINK, /* a device that never blocks: /dev/null, /dev/full */
	FILE_TERMINAL,
	FILE_OTHER, /* not for text: a block device, an eventfd */
};

/*
 * Does not ask a file server, which may not answer, because type and inode never change. May change
 * errno.
 */
struct file file_of(int fd);

/* The same for a path; follows symbolic links. */
struct file file_named(const char *path);

enum file_kind file_kind(struct file file);

/* Whether both are known and the same. A file that got the inode of a removed one is another. */
bool file_is_same(struct file a, struct file b);

#endif
