/* plan: see plan.h. */
#include "plan.h"

#include <string.h>

static bool sets_something(const struct profile *profile)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			return true;
	}
	return false;
}

static bool is_same(const struct profile *a, const struct profile *b)
{
	return memcmp(a->value, b->value, sizeof(a->value)) == 0 && a->force == b->force;
}

/* The options that a profile with mode=force holds; what it leaves to the kernel is the program's. */
static unsigned held_by(const struct profile *profile)
{
	unsigned held = 1U << OPTION_KEEPALIVE;

	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			held |= 1U << i;
	}
	return profile->force ? held : 0;
}

void plan_make(const struct settings *settings, struct plan *plan)
{
	const struct profile *client, *server;
	bool asks_port = settings->role & ROLE_SERVER && settings_ask_port(settings, ROLE_SERVER);

	*plan = (struct plan){ .settings = settings };
	plan->client = settings_match(settings, ROLE_CLIENT, NULL, 0);
	client = settings_profile(settings, plan->client);
	server = settings_profile(settings, settings_match(settings, ROLE_SERVER, NULL, 0));
	plan->socket = sets_something(client);
	plan->listen = asks_port || !is_same(client, server);
	plan->connect = settings->role & ROLE_CLIENT && (settings_ask_peer(settings, ROLE_CLIENT) ||
							 settings_ask_port(settings, ROLE_CLIENT));
	plan->held = held_by(client) | held_by(server);
	for (unsigned i = 0; i < settings->rules; i++)
		plan->held |= held_by(&settings->rule[i].profile);
}

bool plan_reaches_into(const struct plan *plan)
{
	return plan->listen || plan->connect;
}
