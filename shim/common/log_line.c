/* log_line: the text of the log's lines. */
#include "log_line.h"

void text_log_start(struct text *text, unsigned long pid, const char *program)
{
	text_string(text, "keepalive-shim[");
	text_number(text, pid);
	text_string(text, "] ");
	text_plain(text, slice_of(program));
	text_string(text, ": ");
}

void text_log_socket(struct text *text, int fd, const char *as, const struct endpoint *local,
		     const struct endpoint *peer)
{
	text_string(text, "fd ");
	text_number(text, (unsigned long)fd);
	text_char(text, ' ');
	text_string(text, as);
	if (local->port) {
		text_char(text, ' ');
		text_endpoint(text, local);
	}
	if (peer->port) {
		text_string(text, " -> ");
		text_endpoint(text, peer);
	}
	text_string(text, ": ");
}

static void text_owned(struct text *text, unsigned owned)
{
	if (owned)
		text_string(text, "; the program's own:");
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (!(owned & 1U << i))
			continue;
		text_char(text, ' ');
		text_string(text, sockopt_name(i));
	}
}

/*
 * The profile with the values that the socket has. An option that is left to the kernel counts as
 * such only if it has the value of a new socket; the later options are then not printed.
 */
static struct profile profile_of(const struct profile *profile, unsigned owned,
				 const struct values *now, const struct values *kernel)
{
	struct profile has = *profile;

	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i] || owned & 1U << i ||
		    (i <= OPTION_COUNT && now->value[i] != kernel->value[i]))
			has.value[i] = now->value[i];
	}
	return has;
}

/* Why the socket was left alone whatever its profile is, or NULL. */
static const char *why_left_alone(const struct settings *settings, enum role role,
				  const struct standing *standing, const struct values *now)
{
	if (standing->given == PROFILE_NONE) {
		if (settings->role & role)
			return "TCP's options refused";
		return settings->role == ROLE_CLIENT ? "KEEPALIVE_SHIM_ROLE=client"
						     : "KEEPALIVE_SHIM_ROLE=server";
	}
	if (standing->owned == OPTIONS_ALL && !settings_profile(settings, standing->given)->force &&
	    (!now || now->value[OPTION_KEEPALIVE]))
		return "keepalive was on already";
	return standing->held ? "the program's own user-timeout" : NULL;
}

void text_log_outcome(struct text *text, const struct settings *settings, enum role role,
		      const struct standing *standing, const struct values *now,
		      const struct values *kernel)
{
	const char *why = why_left_alone(settings, role, standing, now);
	unsigned number = standing->given;
	const struct profile *profile = settings_profile(settings, number);
	struct profile has = *profile;

	if (why || !profile->value[OPTION_KEEPALIVE])
		text_string(text, "left alone: ");
	if (why) {
		text_string(text, why);
		return;
	}
	if (now)
		has = profile_of(profile, standing->owned, now, kernel);
	text_profile(text, &has);
	if (number >= PROFILE_RULE) {
		text_string(text, " by rule ");
		text_number(text, settings->rule[number - PROFILE_RULE].number);
	}
	text_owned(text, standing->owned);
}
