/* unseen: starts and reaps children that have no exit signal. */
#include "process/unseen.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t unseen_fork(void)
{
	return (pid_t)syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL);
}

int unseen_reap(pid_t child)
{
	int status;
	pid_t reaped;

	do
		reaped = waitpid(child, &status, __WALL);
	while (reaped < 0 && errno == EINTR);
	return reaped < 0 ? -1 : status;
}
