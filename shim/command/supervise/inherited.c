/* inherited: sets the options of the sockets that a supervised program is started with. */
#include "supervise/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "activation.h"
#include "endpoint.h"
#include "sockets/side.h"
#include "sockets/sockopts.h"

static void set_options(int fd, const struct settings *settings)
{
	struct endpoint local, peer;
	enum role role;

	if (!sockopts_apply_to(fd, NULL))
		return;
	role = side_of(fd) == ROLE_CLIENT ? ROLE_CLIENT : ROLE_SERVER;
	local = endpoint_asked(getsockname, fd);
	peer = endpoint_asked(getpeername, fd);
	sockopts_apply(fd, settings, PROFILE_UNSEEN, 0, profile_for(settings, role, &local, &peer));
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

void inherited_arm(const struct settings *settings)
{
	int count = activation_count(getenv("LISTEN_FDS"), getenv("LISTEN_PID"),
				     (unsigned long)getpid());

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		set_options(fd, settings);
	/* It is not open, so the count cannot be trusted. */
	for (int fd = LISTEN_FDS_START; fd < LISTEN_FDS_START + count && is_open(fd); fd++)
		set_options(fd, settings);
}
