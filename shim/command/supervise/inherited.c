/* inherited: see inherited.h. */
#include "supervise/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets/endpoint.h"
#include "sockets/sockopts.h"

enum { LISTEN_FDS_START = 3 }; /* SD_LISTEN_FDS_START */

/* How many descriptors socket activation gives this process, which the program will be. */
static int listen_fds(void)
{
	const char *count_text = getenv("LISTEN_FDS"), *pid_text = getenv("LISTEN_PID");
	unsigned long count, pid;

	if (!count_text || !pid_text || !slice_number(slice_of(count_text), 1 << 20, &count) ||
	    !slice_number(slice_of(pid_text), 1 << 30, &pid) || pid != (unsigned long)getpid())
		return 0;
	return (int)count;
}

/* Whoever switched keepalive on before us has configured the socket. */
static bool is_configured(int fd)
{
	int32_t keepalive;

	return sockopt_get(fd, OPTION_KEEPALIVE, &keepalive) == 0 && keepalive;
}

static void arm(int fd, const struct settings *settings)
{
	static const struct profile none;
	const struct profile *profile;
	struct endpoint peer;

	if (!sockopts_apply_to(fd, NULL))
		return;
	peer = endpoint_peer(fd);
	profile = settings_profile(settings, settings_match(settings, ROLE_SERVER, &peer.address,
							    endpoint_local(fd).port));
	if (profile->force || !is_configured(fd))
		sockopts_apply(fd, &none, profile);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

void inherited_arm(const struct settings *settings)
{
	int count = listen_fds();

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		arm(fd, settings);
	/* One that is not open: the count was not ours to believe. */
	for (int fd = LISTEN_FDS_START; fd < LISTEN_FDS_START + count && is_open(fd); fd++)
		arm(fd, settings);
}
