/* printable: see printable.h. */
#include "base/printable.h"

/*
 * The length of the UTF-8 sequence that the string begins with (RFC 3629); 0 for none, and for
 * control characters (U+0080 to U+009F are some too, and terminals obey them).
 */
static size_t sequence(const unsigned char *at)
{
	unsigned long character;
	size_t length;

	if (*at < 0x80)
		return *at >= 0x20 && *at != 0x7f;
	length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
	if (*at < 0xc2 || *at > 0xf4)
		return 0;
	character = *at & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (character < 0xa0 || (length == 3 && character < 0x800) ||
	    (character >= 0xd800 && character < 0xe000) ||
	    (length == 4 && (character < 0x10000 || character > 0x10ffff)))
		return 0;
	return length;
}

void text_printable(struct text *text, const char *string)
{
	while (*string) {
		size_t length = sequence((const unsigned char *)string);

		if (!length) {
			text_char(text, '?');
			string++;
		}
		while (length--)
			text_char(text, *string++);
	}
}
