/* guard: starts the supervisor, and another one if it is killed. */
#include "supervise/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/unseen.h"
#include "supervise/channel.h"

static struct notification *share(unsigned calls)
{
	void *memory = mmap(NULL, calls * sizeof(struct notification), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Loops until the supervisor ends by itself. Returns in each of its successors. */
static void keep_guard(struct guarded *guarded, unsigned calls, pid_t server)
{
	for (;;) {
		int status = unseen_reap(server);

		if (!WIFSIGNALED(status))
			_exit(WEXITSTATUS(status));
		for (unsigned i = 0; i < calls; i++)
			notification_abandoned(&guarded->in_flight[i]);
		server = unseen_fork();
		if (server <= 0) /* we are the successor, or the supervisor without a guard */
			return;
	}
}

struct guarded guard_start(unsigned calls, int channel, void becomes_guard(void))
{
	struct guarded guarded = { .in_flight = share(calls), .guard = -1, .listener = -1 };
	int ends[2], nothing;
	pid_t server;

	if (!guarded.in_flight) {
		guarded.in_flight = calloc(calls, sizeof(*guarded.in_flight));
		return guarded;
	}
	if (!channel_open(ends))
		return guarded;
	server = unseen_fork();
	if (server <= 0) {
		close(ends[0]);
		guarded.guard = ends[1];
		return guarded; /* if none could be started, the channel has no other end */
	}
	close(ends[1]);
	close(channel);
	becomes_guard();
	if (!channel_receive(ends[0], &nothing, &guarded.listener) || guarded.listener < 0)
		_exit(WEXITSTATUS(unseen_reap(server)));
	close(ends[0]);
	notifications_from(guarded.listener);
	keep_guard(&guarded, calls, server);
	return guarded;
}

void guard_hand_over(struct guarded *guarded, int listener)
{
	if (guarded->guard < 0)
		return;
	channel_send(guarded->guard, 0, listener);
	close(guarded->guard);
	guarded->guard = -1;
}
