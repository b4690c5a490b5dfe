/* system: system calls of common/ are made by the C library. */
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
