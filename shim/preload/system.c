/* system: makes the system calls of common/ with the syscall(2) that was found behind us. */
#include "system.h"

#include "memory.h"

system_call_function *system_call(void)
{
	return libc->syscall;
}

int system_error(void)
{
	return errno;
}
