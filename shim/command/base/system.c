/* system: makes the system calls of common/ through the C library. */
#include "system.h"

#include <errno.h>
#include <unistd.h>

system_call_function *system_call(void)
{
	return syscall;
}

int system_error(void)
{
	return errno;
}
