/* text: slices, and lines built in a buffer. */
#include "text.h"

enum { QUOTED_MAX = 60, DIGITS_MAX = 32 };

struct slice slice_of(const char *string)
{
	size_t length = 0;

	while (string[length])
		length++;
	return (struct slice){ string, length };
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool slice_is(struct slice slice, const char *word)
{
	struct slice rest;

	return slice_after(slice, word, &rest) && rest.length == 0;
}

bool slice_is_word(struct slice slice, struct slice word)
{
	bool same = slice.length == word.length;

	for (size_t i = 0; same && i < slice.length; i++)
		same = lower(slice.start[i]) == word.start[i];
	return same;
}

bool slice_after(struct slice slice, const char *prefix, struct slice *rest)
{
	size_t i;

	for (i = 0; prefix[i]; i++) {
		if (i == slice.length || slice.start[i] != prefix[i])
			return false;
	}
	*rest = (struct slice){ slice.start + i, slice.length - i };
	return true;
}

static bool contains(const char *set, char c)
{
	while (*set && *set != c)
		set++;
	return *set != '\0';
}

struct slice slice_next(struct slice *from, const char *separators)
{
	struct slice taken;
	size_t i = 0;

	while (i < from->length && contains(separators, from->start[i]))
		i++;
	taken.start = from->start + i;
	while (i < from->length && !contains(separators, from->start[i]))
		i++;
	taken.length = (size_t)(from->start + i - taken.start);
	from->start += i;
	from->length -= i;
	return taken;
}

bool slice_number(struct slice slice, unsigned long limit, unsigned long *number)
{
	unsigned long value = 0;

	if (slice.length == 0 || slice.length > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < slice.length; i++) {
		unsigned long digit = (unsigned long)slice.start[i] - '0';

		if (digit > 9 || digit > limit || value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

void text_char(struct text *text, char c)
{
	if (text->next < text->end)
		*text->next++ = c;
}

void text_string(struct text *text, const char *string)
{
	while (*string)
		text_char(text, *string++);
}

void text_number(struct text *text, unsigned long number)
{
	char digits[24];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (i < sizeof(digits))
		text_char(text, digits[i++]);
}

size_t text_sequence(struct slice from, unsigned long *found)
{
	const unsigned char *at = (const unsigned char *)from.start;
	unsigned long character = *at;
	size_t length;

	*found = character;
	if (*at < 0x80)
		return *at >= ' ' && *at != 127;
	length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
	if (*at < 0xc2 || *at > 0xf4 || length > from.length)
		return 0;
	character &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (character < 0xa0 || character == 0xfeff || character - 0x2028 <= 6 ||
	    (length == 3 && character < 0x800) || (character >= 0xd800 && character < 0xe000) ||
	    (length == 4 && (character < 0x10000 || character > 0x10ffff)))
		return 0;
	*found = character;
	return length;
}

void text_plain(struct text *text, struct slice value)
{
	while (value.length) {
		unsigned long character;
		size_t length = text_sequence(value, &character), taken = length ? length : 1;

		if (!length)
			text_char(text, '?');
		for (size_t i = 0; i < length; i++)
			text_char(text, value.start[i]);
		value.start += taken;
		value.length -= taken;
	}
}

void text_quoted(struct text *text, struct slice value)
{
	size_t shown = value.length > QUOTED_MAX ? QUOTED_MAX : value.length;

	text_char(text, '\'');
	text_plain(text, (struct slice){ value.start, shown });
	text_char(text, '\'');
	if (shown < value.length) {
		text_string(text, "... (");
		text_number(text, value.length);
		text_string(text, " characters)");
	}
}
