/* inherited: sets keepalive on the sockets that are open when the library is loaded. */
#include "inherited.h"

#include <unistd.h>

#include "activation.h"
#include "environment.h"
#include "memory.h"
#include "policy.h"
#include "sockets.h"

void inherited_sockets(void)
{
	int count;

	if (!configuration())
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* A socket that another constructor made, of a process started without this number. */
		if (sockets_get(fd).state != STATE_UNKNOWN)
			continue;
		if (environment_may_be_tcp(fd))
			policy_inherited(fd);
	}
	count = environment_listen_fds();
	for (int fd = LISTEN_FDS_START; fd < LISTEN_FDS_START + count; fd++) {
		if (!policy_inherited(fd))
			break; /* not open, so the count cannot be trusted */
	}
}
