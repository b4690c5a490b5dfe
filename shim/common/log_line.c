/* log_line: the words of a line of the log. */
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

void text_log_outcome(struct text *text, const struct settings *settings, enum role role,
		      const struct standing *standing)
{
	unsigned number = standing->given;
	const struct profile *profile = settings_profile(settings, number);

	if (number == PROFILE_NONE && settings->role & role) {
		text_string(text, "left alone: TCP's options refused by the kernel");
		return;
	}
	if (number == PROFILE_NONE) {
		text_string(text, "left alone: KEEPALIVE_SHIM_ROLE=");
		text_string(text, settings->role == ROLE_CLIENT ? "client" : "server");
		return;
	}
	if (standing->owned == OPTIONS_ALL && !profile->force) {
		text_string(text, "left alone: keepalive was on already");
		return;
	}
	if (!profile->value[OPTION_KEEPALIVE])
		text_string(text, "left alone: ");
	text_profile(text, profile);
	if (number >= PROFILE_RULE) {
		text_string(text, " by rule ");
		text_number(text, settings->rule[number - PROFILE_RULE].number);
	}
	text_owned(text, standing->owned);
}
