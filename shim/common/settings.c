/* settings: selects the profile for a socket. */
#include "settings.h"

#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(struct settings, rule) + sizeof(((struct settings *)0)->rule) ==
		       sizeof(struct settings),
	       "rule[] is last, so that its unused part need not be copied");

void settings_copy(struct settings *to, const struct settings *from)
{
	memcpy(to, from, offsetof(struct settings, rule) + from->rules * sizeof(from->rule[0]));
}

unsigned settings_match(const struct settings *settings, enum role role, const struct address *peer,
			unsigned port)
{
	if (!settings->on || !(settings->role & role))
		return PROFILE_NONE;
	for (unsigned i = 0; i < settings->rules; i++) {
		const struct rule *rule = &settings->rule[i];

		if (!(rule->roles & role))
			continue;
		if (rule->port_last && (port < rule->port_first || port > rule->port_last))
			continue;
		if (rule->peer.address.family && (!peer || !network_contains(&rule->peer, peer)))
			continue;
		return PROFILE_RULE + i;
	}
	return PROFILE_BASE;
}

const struct profile *settings_profile(const struct settings *settings, unsigned number)
{
	static const struct profile none;

	if (number == PROFILE_BASE)
		return &settings->base;
	if (number >= PROFILE_RULE && number - PROFILE_RULE < settings->rules)
		return &settings->rule[number - PROFILE_RULE].profile;
	if (number == PROFILE_PRESET)
		return &settings->preset;
	if (number == PROFILE_HOST)
		return &settings->host;
	return &none;
}

unsigned settings_last_profile(const struct settings *settings)
{
	return PROFILE_BASE + settings->rules;
}

static bool leaves_to_kernel(const struct profile *profile)
{
	const int32_t *value = profile->value;

	return value[OPTION_KEEPALIVE] &&
	       !(value[OPTION_IDLE] && value[OPTION_INTERVAL] && value[OPTION_COUNT]);
}

bool settings_leave_to_kernel(const struct settings *settings)
{
	bool any = leaves_to_kernel(&settings->host);

	for (unsigned i = PROFILE_BASE; i <= settings_last_profile(settings); i++)
		any = any || leaves_to_kernel(settings_profile(settings, i));
	return any;
}

bool settings_differ(const struct settings *settings)
{
	return !settings->on || settings->role != ROLE_BOTH || settings->rules;
}

bool settings_ask_peer(const struct settings *settings, enum role role)
{
	for (unsigned i = 0; i < settings->rules; i++) {
		if (settings->rule[i].roles & role && settings->rule[i].peer.address.family)
			return true;
	}
	return false;
}

bool settings_ask_port(const struct settings *settings, enum role role)
{
	for (unsigned i = 0; i < settings->rules; i++) {
		if (settings->rule[i].roles & role && settings->rule[i].port_last)
			return true;
	}
	return false;
}
