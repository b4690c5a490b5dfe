/*
 * file: what a descriptor is open on, or a path leads to, by statx(2): its layout is the kernel's,
 * not the C library's.
 */
#ifndef KEEPALIVE_FILE_H
#define KEEPALIVE_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero if there is none, or the kernel has no statx(2): before Linux 4.11. */
struct file {
	uint64_t inode, size;
	uint32_t device_major, device_minor, uid;
	uint16_t mode;          /* type and permissions: inode(7) */
	uint16_t special_major; /* of a device */
};

/* What a write to it is like. */
enum file_kind {
	FILE_UNKNOWN, /* not open, or no statx(2) */
	FILE_SOCKET,
	FILE_PIPE,
	FILE_REGULAR,
	FILE_SINK, /* a device that never makes anybody wait: /dev/null, /dev/full */
	FILE_TERMINAL,
	FILE_OTHER, /* nothing for text: a block device, an eventfd */
};

/*
 * Asks no file server, which may not answer: type and inode never change. May change errno.
 */
struct file file_of(int fd);

/* The same for a path, links followed. */
struct file file_named(const char *path);

enum file_kind file_kind(struct file file);

/* Both known, and the same. */
bool file_is_same(struct file a, struct file b);

#endif
