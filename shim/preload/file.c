/* file: see file.h. */
#include "file.h"

#include "environment.h"
#include "libc.h"
#include "memory.h"

enum { WANT_BASIC = 0x7ff, EMPTY_PATH = 0x1000 }; /* STATX_BASIC_STATS, AT_EMPTY_PATH */
enum { IS_SOCKET = 0140000, TYPE_MASK = 0170000 };

/* struct statx of <linux/stat.h>, which older C libraries do not declare. */
struct statx_buffer {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, spare;
	uint64_t inode, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t special_major, special_minor, device_major, device_minor;
	uint64_t more[14];
};
_Static_assert(sizeof(struct statx_buffer) == 256, "as the kernel has it");

struct file file_of(int fd)
{
#ifdef SYS_statx
	struct statx_buffer found;

	if (libc->syscall(SYS_statx, fd, "", EMPTY_PATH, WANT_BASIC, &found) == 0)
		return (struct file){ found.inode, found.device_major, found.device_minor,
				      found.uid, found.mode };
#endif
	(void)fd;
	return (struct file){ 0 };
}

bool file_is_socket(struct file file)
{
	return (file.mode & TYPE_MASK) == IS_SOCKET;
}

bool file_may_be_tcp(int fd)
{
	struct file file = file_of(fd);

	return !file.inode || (file_is_socket(file) && file.inode != environment_journal());
}

bool file_is_same(struct file a, struct file b)
{
	return a.inode && a.inode == b.inode && a.device_major == b.device_major &&
	       a.device_minor == b.device_minor;
}
