/* kernel_values: reads the values of a new socket from the sysctl files. */
#include "kernel_values.h"

#include <fcntl.h>

#include "libc.h"
#include "memory.h"

struct values kernel_values;

/* The number in that file; without such a file (ProcSubset=pid, a chroot), otherwise. */
static int32_t read_number(const char *name, int32_t otherwise)
{
	char buffer[64];
	struct text path = TEXT(buffer);
	struct slice digits = { buffer, 0 };
	unsigned long number = 0;
	long fd, length;

	text_string(&path, "/proc/sys/net/ipv4/tcp_keepalive_");
	text_string(&path, name);
	text_char(&path, '\0');
	fd = libc->syscall(SYS_openat, AT_FDCWD, buffer, O_RDONLY | O_CLOEXEC);
	length = libc->syscall(SYS_read, fd, buffer, sizeof(buffer));
	libc->syscall(SYS_close, fd);
	if (length <= 0)
		return otherwise;
	digits.length = (size_t)length - 1; /* a newline ends it */
	slice_number(digits, INT32_MAX, &number);
	return (int32_t)number;
}

void kernel_values_read(void)
{
	/* A network namespace starts with these: include/net/tcp.h. */
	kernel_values.value[OPTION_IDLE] = read_number("time", 7200);
	kernel_values.value[OPTION_INTERVAL] = read_number("intvl", 75);
	kernel_values.value[OPTION_COUNT] = read_number("probes", 9);
	kernel_values.value[OPTION_RTO_MAX] =
		120000; /* tcp_rto_max_ms, unless somebody changed it */
}
