/* values: parses numbers with units, and words. */
#include "values.h"

/* How many of the option's units the written unit is; 0 if it is not a whole number of them. */
static const struct {
	char name[3];
	uint32_t seconds, milliseconds;
} units[] = {
	{ "s", 1, 1000 },
	{ "ms", 0, 1 },
	{ "m", 60, 60000 },
	{ "h", 3600, 3600000 },
};

/* Removes the digits from the front of *text. */
static struct slice take_digits(struct slice *text)
{
	struct slice digits = { text->start, 0 };

	while (digits.length < text->length && text->start[digits.length] >= '0' &&
	       text->start[digits.length] <= '9')
		digits.length++;
	text->start += digits.length;
	text->length -= digits.length;
	return digits;
}

/*
 * A number and its unit. A bare number is seconds, but it is refused if the option counts
 * milliseconds, which could be meant. Without division, for which 32-bit ARM needs a function of
 * libgcc.
 */
static const char *parse_duration(struct slice text, const struct range *range, int32_t *value)
{
	struct slice digits = take_digits(&text);
	unsigned long number;
	uint64_t product;
	unsigned unit = 0;

	if (digits.length == 0)
		return "not a duration";
	if (!text.length && range->unit == UNIT_MILLISECONDS && range->least < 1000)
		return "a number without a unit";
	while (text.length && !slice_is(text, units[unit].name)) {
		if (++unit == sizeof(units) / sizeof(units[0]))
			return "not a duration";
	}
	if (range->unit == UNIT_SECONDS && !units[unit].seconds)
		return "counted in whole seconds";
	if (!slice_number(digits, (unsigned long)range->most, &number))
		return "out of range";
	product = (uint64_t)number *
		  (range->unit == UNIT_SECONDS ? units[unit].seconds : units[unit].milliseconds);
	if (product < (uint64_t)range->least || product > (uint64_t)range->most)
		return "out of range";
	*value = (int32_t)product;
	return NULL;
}

static const char *parse_count(struct slice text, const struct range *range, int32_t *value)
{
	struct slice digits = take_digits(&text);
	unsigned long number;

	if (text.length || !digits.length)
		return "not a number";
	if (!slice_number(digits, (unsigned long)range->most, &number) ||
	    number < (unsigned long)range->least)
		return "out of range";
	*value = (int32_t)number;
	return NULL;
}

int word_parse(enum variable variable, struct slice text)
{
	struct slice words = slice_of(setting_text(variable, SETTING_WORDS)), word;

	for (int i = 0; (word = slice_next(&words, " ")).length; i++) {
		if (slice_is_word(text, word))
			return i;
	}
	return -1;
}

const char *value_parse(enum sockopt option, struct slice text, int32_t *value)
{
	const struct range *range = range_of(option);
	int word = word_parse((enum variable)option, text);

	if (word >= 0) {
		*value = word ? USER_TIMEOUT_AUTO : 0;
		return NULL;
	}
	return range->unit == UNIT_NONE ? parse_count(text, range, value)
					: parse_duration(text, range, value);
}

unsigned role_parse(struct slice text)
{
	return (unsigned)(word_parse(VARIABLE_ROLE, text) + 1);
}
