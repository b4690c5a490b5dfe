/* decide: who wins, from the values that a socket has and those that it should get. */
#include "decide.h"

/* The same for the profile's value, or the kernel's if the profile leaves it to the kernel. */
static bool has_value(const struct profile *profile, const struct values *now,
		      const struct values *kernel, enum sockopt option)
{
	int32_t wanted = profile->value[option] ? profile->value[option] : kernel->value[option];

	return is_value(option, wanted, now->value[option]);
}

static unsigned differences(const struct profile *profile, const struct values *now,
			    const struct values *kernel)
{
	unsigned different = 0;

	for (unsigned i = 0; i < OPTIONS; i++) {
		if (!has_value(profile, now, kernel, i))
			different |= 1U << i;
	}
	return different;
}

/* The options that the profile sets. */
static unsigned set_by(const struct profile *profile)
{
	unsigned set = 0;

	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			set |= 1U << i;
	}
	return set;
}

/*
 * The profile whose values the socket all has, PROFILE_NONE if there is none. Whether keepalive is
 * on does not matter, nor do the options in own.
 */
static unsigned recognise(const struct settings *settings, unsigned own, const struct values *now,
			  const struct values *kernel)
{
	unsigned but = 1U << OPTION_KEEPALIVE | own;

	for (unsigned i = PROFILE_BASE; i <= settings_last_profile(settings); i++) {
		const struct profile *profile = settings_profile(settings, i);

		if (profile->value[OPTION_KEEPALIVE] && !(differences(profile, now, kernel) & ~but))
			return i;
	}
	for (unsigned i = PROFILE_PRESET; i <= PROFILE_HOST; i++) {
		if (!(differences(settings_profile(settings, i), now, kernel) & ~but))
			return i;
	}
	return PROFILE_NONE;
}

bool may_be_switched_off(const struct settings *settings, const struct values *now,
			 const struct values *kernel)
{
	return now->value[OPTION_KEEPALIVE] == 0 &&
	       recognise(settings, 0, now, kernel) != PROFILE_NONE;
}

struct standing standing_of(const struct settings *settings, unsigned given, unsigned own,
			    const struct values *now, const struct values *kernel)
{
	const struct profile *profile = settings_profile(settings, given);
	unsigned different = differences(profile, now, kernel);
	unsigned keepalive = 1U << OPTION_KEEPALIVE;
	bool on = now->value[OPTION_KEEPALIVE] > 0 && !(own & keepalive);
	unsigned not_new =
		differences(settings_profile(settings, PROFILE_NONE), now, kernel) & ~own;
	unsigned recognised = on || not_new ? recognise(settings, own, now, kernel) : PROFILE_NONE;

	/* With our values, but off: somebody switched it off after we had switched it on. */
	if (recognised != PROFILE_NONE)
		return (struct standing){ recognised, on ? own : own | keepalive, false };
	/* If it has none of the profile's values, it is not the socket that got the profile. */
	if (given == PROFILE_NONE || set_by(profile) & ~different)
		return (struct standing){ given, different | own, false };
	/* Keepalive is off: only values that differ from a new socket's were set by somebody. */
	return (struct standing){
		PROFILE_NONE,
		on ? OPTIONS_ALL : not_new | own,
		false,
	};
}

unsigned forced_by(const struct profile *profile)
{
	return profile->force ? set_by(profile) | 1U << OPTION_KEEPALIVE : 0;
}

unsigned decide(const struct profile *from, const struct profile *to, unsigned owned)
{
	unsigned set = 0;

	for (unsigned i = 0; i < OPTIONS; i++) {
		bool wanted = to->value[i] != from->value[i];

		if (owned & 1U << i)
			wanted = to->force && (to->value[i] || i == OPTION_KEEPALIVE);
		set |= (unsigned)wanted << i;
	}
	return set;
}

/* The values that the socket has with this profile, which is not forced on it. */
static int64_t outcome(const struct profile *profile, unsigned owned, const struct values *now,
		       const struct values *kernel, enum sockopt option)
{
	if (owned & 1U << option)
		return now->value[option];
	return profile->value[option] ? profile->value[option] : kernel->value[option];
}

bool timeout_forbids(const struct profile *profile, unsigned owned, const struct values *now,
		     const struct values *kernel)
{
	int64_t timeout = now->value[OPTION_USER_TIMEOUT];

	return owned & 1U << OPTION_USER_TIMEOUT && timeout && !profile->force &&
	       profile->value[OPTION_KEEPALIVE] &&
	       timeout < 1000 * (outcome(profile, owned, now, kernel, OPTION_IDLE) +
				 2 * outcome(profile, owned, now, kernel, OPTION_INTERVAL));
}

struct decision decide_by_values(const struct settings *settings, unsigned given, unsigned number,
				 const struct values *now, const struct values *kernel)
{
	return decide_from(settings, standing_of(settings, given, 0, now, kernel), number, now,
			   kernel);
}

struct decision decide_from(const struct settings *settings, struct standing before,
			    unsigned number, const struct values *now, const struct values *kernel)
{
	const struct profile *to = settings_profile(settings, number);
	struct decision decision = { .before = before };

	decision.after = (struct standing){ number, decision.before.owned, false };
	if (decision.before.owned != OPTIONS_ALL &&
	    timeout_forbids(to, decision.before.owned, now, kernel)) {
		decision.after.held = true;
		to = settings_profile(settings, PROFILE_NONE);
	}
	decision.set = decide(settings_profile(settings, decision.before.given), to,
			      decision.before.owned);
	decision.after.owned &= ~decision.set;
	for (unsigned i = 0; i < OPTIONS; i++) {
		unsigned bit = 1U << i;

		decision.setting.value[i] = to->value[i] ? to->value[i] : kernel->value[i];
		if (now->value[i] != decision.setting.value[i])
			continue;
		decision.set &= ~bit;
		if (to->force)
			decision.after.owned &= ~bit;
	}
	return decision;
}

unsigned profile_for(const struct settings *settings, enum role role, const struct endpoint *local,
		     const struct endpoint *peer)
{
	return settings_match(settings, role, peer->address.family ? &peer->address : NULL,
			      role == ROLE_SERVER ? local->port : peer->port);
}
