/* activation: reads LISTEN_FDS and LISTEN_PID. */
#include "activation.h"

#include <stddef.h>

#include "text.h"

enum { COUNT_LIMIT = 1 << 20, PID_LIMIT = 1 << 30 };

int activation_count(const char *listen_fds, const char *listen_pid, unsigned long pid)
{
	unsigned long count, for_pid;

	if (!listen_fds || !listen_pid ||
	    !slice_number(slice_of(listen_fds), COUNT_LIMIT, &count) ||
	    !slice_number(slice_of(listen_pid), PID_LIMIT, &for_pid))
		return 0;
	return for_pid == pid ? (int)count : 0;
}
