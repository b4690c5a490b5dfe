/* profile: checks and prints a profile's values. */
#include "profile.h"

enum { TIMER_SAFE_IDLE = 311 }; /* seconds; fires within 350 s although timers are up to 1/8 late */

bool profile_is_same(const struct profile *a, const struct profile *b)
{
	bool same = a->force == b->force;

	for (unsigned i = 0; i < OPTIONS; i++)
		same = same && a->value[i] == b->value[i];
	return same;
}

const char *profile_resolve(struct profile *profile)
{
	int32_t *value = profile->value;
	int64_t timeout;

	if (value[OPTION_USER_TIMEOUT] != USER_TIMEOUT_AUTO)
		return NULL;
	value[OPTION_USER_TIMEOUT] = 0;
	if (!value[OPTION_IDLE] || !value[OPTION_INTERVAL] || !value[OPTION_COUNT])
		return "auto needs numbers for idle, interval and count, not kernel";
	timeout = ((int64_t)value[OPTION_IDLE] +
		   (int64_t)value[OPTION_INTERVAL] * value[OPTION_COUNT]) *
		  1000;
	if (timeout > INT32_MAX)
		return "idle + interval x count is more than 2147483647ms";
	value[OPTION_USER_TIMEOUT] = (int32_t)timeout;
	return NULL;
}

void profile_warnings(const struct profile *profile,
		      void warn(void *context, enum sockopt option, const char *text),
		      void *context)
{
	int64_t idle = profile->value[OPTION_IDLE];
	int64_t interval = profile->value[OPTION_INTERVAL];
	int64_t user_timeout = profile->value[OPTION_USER_TIMEOUT];

	if (idle && interval > idle)
		warn(context, OPTION_INTERVAL,
		     "the interval is longer than the idle time: a live peer is then probed every "
		     "interval");
	if (idle > TIMER_SAFE_IDLE)
		warn(context, OPTION_IDLE,
		     "an idle time above 311s: kernel timers fire up to an eighth late, and load "
		     "balancers cut idle connections at 350s");
	if (user_timeout && idle && interval && user_timeout < (idle + 2 * interval) * 1000)
		warn(context, OPTION_USER_TIMEOUT,
		     "a user timeout under idle + 2 x interval: one lost probe kills a healthy "
		     "connection");
}

/*
 * Milliseconds as seconds if they are whole seconds. Without division, for which 32-bit ARM needs a
 * function of libgcc.
 */
static void text_milliseconds(struct text *text, int32_t value)
{
	char digits[16];
	struct text number = TEXT(digits);
	size_t length;

	text_number(&number, (unsigned long)value);
	length = (size_t)(number.next - number.start);
	if (length > 3 && slice_is((struct slice){ number.next - 3, 3 }, "000")) {
		text_plain(text, (struct slice){ digits, length - 3 });
		text_char(text, 's');
	} else {
		text_plain(text, (struct slice){ digits, length });
		text_string(text, "ms");
	}
}

void text_value(struct text *text, enum sockopt option, int32_t value)
{
	enum unit unit = range_of(option)->unit;

	if (value == VALUE_UNKNOWN) {
		text_char(text, '-');
	} else if (unit == UNIT_SWITCH) {
		text_string(text, value ? "on" : "off");
	} else if (unit == UNIT_MILLISECONDS && !value) {
		text_string(text, "off");
	} else if (unit == UNIT_MILLISECONDS) {
		text_milliseconds(text, value);
	} else {
		text_number(text, (unsigned long)value);
		text_string(text, unit == UNIT_SECONDS ? "s" : "");
	}
}

void text_profile(struct text *text, const struct profile *profile)
{
	bool first = true;

	if (!profile->value[OPTION_KEEPALIVE]) {
		text_string(text, "off");
		return;
	}
	for (unsigned i = 0; i < NUMBERS; i++) {
		const char *words = setting_text(i, SETTING_WORDS);

		if (!profile->value[i] && !slice_is(slice_of(words), "kernel"))
			continue;
		if (!first)
			text_char(text, ' ');
		first = false;
		text_string(text, sockopt_name(i));
		text_char(text, '=');
		if (profile->value[i])
			text_value(text, i, profile->value[i]);
		else
			text_string(text, words);
	}
}
