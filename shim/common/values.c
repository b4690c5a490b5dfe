/* values: see values.h. */
#include "values.h"

enum {
	SECONDS_MAX = 32767,  /* MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL */
	COUNT_MAX = 127,      /* MAX_TCP_KEEPCNT */
	RTO_MAX_LEAST = 1000, /* TCP_RTO_MAX_MS takes one second to two minutes */
	RTO_MAX_MOST = 120000,
	TIMER_SAFE_IDLE = 311, /* fires by 350 s although timers are up to 1/8 late */
};

const char *value_accepted(enum sockopt option)
{
	switch (option) {
	case OPTION_IDLE:
	case OPTION_INTERVAL:
		return "1s to 32767s (a bare number is seconds; units s, m, h), or kernel";
	case OPTION_COUNT:
		return "1 to 127, or kernel";
	case OPTION_USER_TIMEOUT:
		return "off, auto, or 1ms to 2147483647ms with its unit (ms, s, m, h)";
	default:
		return "off, or 1s to 120s (a bare number is seconds; units ms, s, m, h)";
	}
}

/* What an option counts. */
enum counted { SECONDS, MILLISECONDS };

/* How many of what is counted a unit stands for; 0: not a whole one. */
static const struct unit {
	char name[3];
	uint32_t number[2]; /* by enum counted */
} units[] = {
	{ "s", { 1, 1000 } },
	{ "ms", { 0, 1 } },
	{ "m", { 60, 60000 } },
	{ "h", { 3600, 3600000 } },
};

/*
 * A number and its unit. bare: a number without a unit is seconds. No division, for which 32-bit ARM
 * needs a function of libgcc.
 */
static const char *parse_duration(struct slice text, bool bare, enum counted counted,
				  unsigned long least, unsigned long limit, int32_t *value)
{
	struct slice digits = { text.start, 0 }, rest;
	unsigned long number;
	const struct unit *unit = units;
	uint64_t product;

	while (digits.length < text.length && text.start[digits.length] >= '0' &&
	       text.start[digits.length] <= '9')
		digits.length++;
	if (digits.length == 0)
		return "not a duration";
	rest = (struct slice){ text.start + digits.length, text.length - digits.length };
	if (!rest.length && !bare)
		return "a number without a unit";
	while (rest.length && !slice_is(rest, unit->name)) {
		if (++unit == units + sizeof(units) / sizeof(units[0]))
			return "not a duration";
	}
	if (!unit->number[counted])
		return "counted in whole seconds";
	if (!slice_number(digits, limit, &number))
		return "out of range";
	product = (uint64_t)number * unit->number[counted];
	if (product < least || product > limit)
		return "out of range";
	*value = (int32_t)product;
	return NULL;
}

const char *value_parse(enum sockopt option, struct slice text, int32_t *value)
{
	unsigned long number;
	bool kernel_word = option <= OPTION_COUNT;

	if (slice_is_word(text, kernel_word ? "kernel" : "off")) {
		*value = 0;
		return NULL;
	}
	switch (option) {
	case OPTION_COUNT:
		if (!slice_number(text, ~0UL, &number)) {
			for (size_t i = 0; i < text.length; i++) {
				if (text.start[i] < '0' || text.start[i] > '9')
					return "not a number";
			}
			return "out of range";
		}
		if (number < 1 || number > COUNT_MAX)
			return "out of range";
		*value = (int32_t)number;
		return NULL;
	case OPTION_USER_TIMEOUT:
		if (slice_is_word(text, "auto")) {
			*value = USER_TIMEOUT_AUTO;
			return NULL;
		}
		return parse_duration(text, false, MILLISECONDS, 1, INT32_MAX, value);
	case OPTION_RTO_MAX:
		return parse_duration(text, true, MILLISECONDS, RTO_MAX_LEAST, RTO_MAX_MOST, value);
	default:
		return parse_duration(text, true, SECONDS, 1, SECONDS_MAX, value);
	}
}

bool mode_parse(struct slice text, bool *force)
{
	bool forced = slice_is_word(text, "force");

	if (!forced && !slice_is_word(text, "respect"))
		return false;
	*force = forced;
	return true;
}

unsigned role_parse(struct slice text)
{
	if (slice_is_word(text, "client"))
		return ROLE_CLIENT;
	if (slice_is_word(text, "server"))
		return ROLE_SERVER;
	if (slice_is_word(text, "both"))
		return ROLE_BOTH;
	return 0;
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
