/* kernel_values: reads the values of a new socket from the sysctl files. */
#include "kernel_values.h"

#include <fcntl.h>

#include "libc.h"
#include "memory.h"

struct values kernel_values;

static int32_t read_number(const char *name)
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
	digits.length =
		(size_t)length - 1; /* a newline ends it; nothing read: too long for a number */
	slice_number(digits, INT32_MAX, &number);
	return (int32_t)number;
}

void kernel_values_read(void)
{
	static const char names[][7] = {
		[OPTION_IDLE] = "time",
		[OPTION_INTERVAL] = "intvl",
		[OPTION_COUNT] = "probes",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		kernel_values.value[i] = read_number(names[i]);
	kernel_values.value[OPTION_RTO_MAX] =
		120000; /* tcp_rto_max_ms, unless somebody changed it */
}
