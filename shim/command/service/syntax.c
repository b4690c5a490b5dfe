/* syntax: reads and writes words in a unit's files. */
#include "service/syntax.h"

#include <limits.h>
#include <string.h>

/* Reads a number of exactly so many digits. Returns -1 if it is not there. */
static long long number_at(const char *at, unsigned digits, int base)
{
	static const char all[] = "0123456789abcdef";
	long long number = 0;

	for (; digits; digits--, at++) {
		const char *digit = *at ? strchr(all, *at | (*at > '9' ? 0x20 : 0)) : NULL;

		if (!digit || digit - all >= base)
			return -1;
		number = number * base + (digit - all);
	}
	return number;
}

/* Writes the character as UTF-8. Returns its length. */
static size_t encode(unsigned long character, char bytes[4])
{
	size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	for (size_t i = length; i-- > 1; character >>= 6)
		bytes[i] = (char)(0x80 | (character & 0x3f));
	bytes[0] = (char)(length == 1 ? character : (0xf00U >> length & 0xff) | character);
	return length;
}

/*
 * Puts what an escape means into bytes, and returns its length; *taken: how much follows the
 * backslash. If the escape is not known, it means the character itself.
 */
static size_t escaped(const char *at, char bytes[4], size_t *taken)
{
	static const char letters[] = "abfnrtvs", meant[] = "\a\b\f\n\r\t\v ";
	const char *letter = strchr(letters, *at);
	unsigned digits = *at == 'x' ? 2 : *at == 'u' ? 4 : *at == 'U' ? 8 : 3;
	bool octal = digits == 3, is_byte = digits < 4;
	long long number = number_at(at + !octal, digits, octal ? 8 : 16);

	*taken = 1;
	*bytes = letter ? meant[letter - letters] : *at;
	if (letter || number <= 0 || number > (is_byte ? 0xff : 0x10ffff))
		return 1;
	*taken = !octal + digits;
	if (!is_byte)
		return encode((unsigned long)number, bytes);
	*bytes = (char)number;
	return 1;
}

const char *syntax_word(const char *at, char *word, size_t size)
{
	size_t length = 0;
	char quote = '\0';

	for (at += strspn(at, UNIT_BLANKS); *at && (quote || !strchr(UNIT_BLANKS, *at)); at++) {
		char bytes[4] = { *at };
		size_t count = 1, taken = 0;

		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? '\0' : *at;
			continue;
		}
		if (*at == '\\' && at[1])
			count = escaped(at + 1, bytes, &taken);
		at += taken;
		for (size_t i = 0; i < count && length < size - 1; i++)
			word[length++] = bytes[i];
	}
	word[length] = '\0';
	return at;
}

struct slice syntax_slice(const char *at, char *word, size_t size)
{
	at += strspn(at, UNIT_BLANKS);
	return (struct slice){ at, (size_t)(syntax_word(at, word, size) - at) };
}

/* Of "name@instance.service"; the instance is empty if there is none. */
struct parts {
	struct slice whole, name, prefix, instance;
};

static struct parts parts_of(const char *unit)
{
	const char *suffix = strrchr(unit, '.'), *end = suffix ? suffix : unit + strlen(unit);
	const char *at = memchr(unit, '@', (size_t)(end - unit));
	struct parts parts = { .whole = slice_of(unit), .name = { unit, (size_t)(end - unit) } };

	parts.prefix = at ? (struct slice){ unit, (size_t)(at - unit) } : parts.name;
	parts.instance =
		at ? (struct slice){ at + 1, (size_t)(end - at - 1) } : (struct slice){ end, 0 };
	return parts;
}

/* Of the specifier; false if it is not known. */
static bool meaning(char specifier, const struct parts *parts, struct slice *value, bool *unescape)
{
	*unescape = specifier == 'P' || specifier == 'I';
	switch (specifier) {
	case '%':
		*value = (struct slice){ "%", 1 };
		return true;
	case 'n':
		*value = parts->whole;
		return true;
	case 'N':
		*value = parts->name;
		return true;
	case 'p':
	case 'P':
		*value = parts->prefix;
		return true;
	case 'i':
	case 'I':
		*value = parts->instance;
		return value->length > 0;
	default:
		return false;
	}
}

/* As systemd-escape(1) -u has it, if wanted. Returns what one character of the value stands for. */
static char take_character(struct slice *value, bool unescape)
{
	char character = *value->start;
	size_t taken = 1;

	if (unescape && character == '-') {
		character = '/';
	} else if (unescape && character == '\\' && value->length >= 4 && value->start[1] == 'x') {
		long long number = number_at(value->start + 2, 2, 16);

		if (number > 0) {
			character = (char)number;
			taken = 4;
		}
	}
	value->start += taken;
	value->length -= taken;
	return character;
}

bool syntax_expand(const char *unit, const char *text, char *expanded, size_t size)
{
	const struct parts parts = parts_of(unit);
	size_t length = 0;

	for (; *text; text++) {
		struct slice value = { text, 1 };
		bool unescape = false;

		if (*text == '%' && !meaning(*++text, &parts, &value, &unescape))
			return false;
		while (value.length) {
			char character = take_character(&value, unescape);

			if (length < size - 1)
				expanded[length++] = character;
		}
	}
	expanded[length] = '\0';
	return true;
}

void syntax_escape(FILE *out, const char *text, const char *doubled)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		if (strchr(doubled, *text))
			putc(*text, out);
		putc(*text, out);
	}
}
