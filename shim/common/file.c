/* file: gets the file of a descriptor or a path from statx(2). */
#include "file.h"

#include <fcntl.h>

#include "system.h"

enum { WANTED = 0xfff };                            /* STATX_BASIC_STATS | STATX_BTIME */
enum { EMPTY_PATH = 0x1000, DO_NOT_SYNC = 0x4000 }; /* AT_EMPTY_PATH, AT_STATX_DONT_SYNC */
enum {
	TYPE_MASK = 0170000,
	IS_PIPE = 0010000,
	IS_CHARACTERS = 0020000,
	IS_REGULAR = 0100000,
	IS_SOCKET = 0140000,
};
enum { MEMORY_MAJOR = 1 }; /* null(4), full(4): Linux, Documentation/admin-guide/devices.txt */

/* struct statx of <linux/stat.h>, which older C libraries do not declare. */
struct statx_buffer {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, spare;
	uint64_t inode, size, blocks, attributes_mask;
	uint64_t access[2], born;
	uint32_t born_nanoseconds, reserved;
	uint64_t changes[4];
	uint32_t special_major, special_minor, device_major, device_minor;
	uint64_t more[14];
};
_Static_assert(sizeof(struct statx_buffer) == 256, "as the kernel has it");

static struct file look(int fd, const char *path, int flags)
{
#ifdef SYS_statx
	struct statx_buffer found;

	if (system_call()(SYS_statx, fd, path, flags | DO_NOT_SYNC, WANTED, &found) == 0)
		return (struct file){
			.inode = found.inode,
			.size = found.size,
			.born = found.born << 30 | found.born_nanoseconds,
			.device_major = found.device_major,
			.device_minor = found.device_minor,
			.uid = found.uid,
			.mode = found.mode,
			.special_major = (uint16_t)found.special_major,
		};
#endif
	(void)fd;
	(void)path;
	(void)flags;
	return (struct file){ 0 };
}

struct file file_of(int fd)
{
	return look(fd, "", EMPTY_PATH);
}

struct file file_named(const char *path)
{
	return look(AT_FDCWD, path, 0);
}

enum file_kind file_kind(struct file file)
{
	switch (file.mode & TYPE_MASK) {
	case IS_SOCKET:
		return FILE_SOCKET;
	case IS_PIPE:
		return FILE_PIPE;
	case IS_REGULAR:
		return FILE_REGULAR;
	case IS_CHARACTERS:
		return file.special_major == MEMORY_MAJOR ? FILE_SINK : FILE_TERMINAL;
	default:
		return file.inode ? FILE_OTHER : FILE_UNKNOWN;
	}
}

bool file_is_same(struct file a, struct file b)
{
	return a.inode && a.inode == b.inode && a.born == b.born &&
	       a.device_major == b.device_major && a.device_minor == b.device_minor;
}
