/* inherited: see inherited.h. */
#include "inherited.h"

#include <unistd.h>

#include "environment.h"
#include "file.h"
#include "policy.h"
#include "setup.h"

enum { LISTEN_FDS_START = 3 }; /* SD_LISTEN_FDS_START, sd_listen_fds(3) */

/*
 * Whether it can be a TCP socket, without asking it as one: a service that has no business with the
 * network may be killed for getsockopt(2) (SystemCallFilter= of systemd.exec(5)), though its output is
 * a socket, the journal's.
 */
static bool may_be_tcp(int fd, unsigned long journal)
{
	struct file file = file_of(fd);

	return !file.inode || (file_is_socket(file) && file.inode != journal);
}

void inherited_sockets(void)
{
	unsigned long journal;
	int count;

	if (!configuration())
		return;
	journal = environment_journal();
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (may_be_tcp(fd, journal))
			policy_inherited(fd);
	}
	count = environment_listen_fds();
	for (int fd = LISTEN_FDS_START; fd < LISTEN_FDS_START + count; fd++) {
		if (!policy_inherited(fd))
			break; /* not open, so the count was not ours to believe */
	}
}
