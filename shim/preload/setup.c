/* setup: sets the library up, in its constructor or in the first hook. */
#include "setup.h"

#include <stddef.h>

#include "environment.h"
#include "inherited.h"
#include "kernel_values.h"
#include "libc.h"
#include "next.h"
#include "options.h"
#include "report.h"

static struct settings kept;

/*
 * The thread that is setting up, identified by the address of its errno, which costs no system
 * call; NULL for none.
 */
static const int *setting_up;

static void derive(struct configuration *all, const struct settings *settings)
{
	const struct profile *client;
	bool may_respect = !settings->base.force || settings->role != ROLE_BOTH;

	all->client = (uint8_t)settings_match(settings, ROLE_CLIENT, NULL, 0);
	client = settings_profile(settings, all->client);
	all->client_asks = settings_ask_peer(settings, ROLE_CLIENT) ||
			   settings_ask_port(settings, ROLE_CLIENT);
	all->server_asks_peer = settings_ask_peer(settings, ROLE_SERVER);
	all->server_asks_port = settings_ask_port(settings, ROLE_SERVER);
	all->logs = settings->log != LOG_OFF;
	all->client_on = client->value[OPTION_KEEPALIVE];
	for (unsigned i = 0; i < OPTION_KEEPALIVE; i++)
		all->fresh.value[i] = client->value[i];
	all->settings = settings;
	all->stack_end = libc->getauxval(AT_EXECFN);
	for (unsigned i = 0; i < settings->rules; i++)
		may_respect |= !settings->rule[i].profile.force;
	/* At once: another thread may have published the same already. */
	all->may_respect = may_respect;
}

/*
 * Threads that get here at the same time find and read the same, so each writes the same bytes, and
 * none waits for another. The environment is first read into other memory, because what is already
 * published must never change.
 */
static void prepare(complain_function *complain)
{
	struct settings settings;
	struct host_file file;

	__atomic_store_n(&setting_up, &errno, __ATOMIC_RELAXED);
	if (!next_definitions())
		next_find(&memory.found);
	environment_read(&settings, &file, complain);
	if (!__atomic_load_n(&memory.next, __ATOMIC_ACQUIRE)) {
		/*
		 * Even if switched off, we restore what a service manager's copy of the library set
		 * on its sockets.
		 */
		if (settings.on || environment_listen_fds()) {
			settings_copy(&kept, &settings);
			derive(&memory.derived, &kept);
			report_start(&settings);
			if (settings_differ(&settings) || settings_leave_to_kernel(&settings))
				kernel_values_read();
			__atomic_store_n(&memory.configuration, &memory.derived, __ATOMIC_RELEASE);
		}
		__atomic_store_n(&memory.next, &memory.found, __ATOMIC_RELEASE);
	}
	host_file_close(&file);
	__atomic_store_n(&setting_up, NULL, __ATOMIC_RELAXED);
}

/*
 * Logs the errors in the host's file, which is read again for this, because the log did not exist
 * the first time.
 */
static void log_host_file(void)
{
	struct settings settings;
	struct host_file file;

	if (!configuration() || !configuration()->logs)
		return;
	environment_read(&settings, &file, report_host_file);
	host_file_close(&file);
}

const struct next *set_up_first(void)
{
	const struct next *ready = NULL;
	int error;

	next_begin(&memory.found);
	error = errno;
	/*
	 * A function that set-up calls (an allocator in dlsym) came back into a hook: call through.
	 */
	if (__atomic_load_n(&setting_up, __ATOMIC_RELAXED) == &errno)
		ready = &next_system_calls;
	else
		prepare(NULL);
	errno = error;
	return ready ? ready : &memory.found;
}

/* Messages are printed only here, so that each is printed once, however many threads set up. */
__attribute__((constructor)) static void load(void)
{
	int error;

	if (!__errno_location)
		return; /* a program without a C library: nobody will call us */
	next_begin(&memory.found);
	error = errno;
	prepare(report_complaint);
	log_host_file();
	inherited_sockets();
	errno = error;
}
