/* printable: replaces what a terminal or JSON cannot show in strings from elsewhere. */
#include "base/printable.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

/* The character at `at`; *next: what follows it. Bytes that text_plain() replaces count one by one. */
static unsigned long character_at(const char *at, const char *end, const char **next)
{
	unsigned long character;
	size_t length = text_sequence((struct slice){ at, (size_t)(end - at) }, &character);

	*next = at + (length ? length : 1);
	return character;
}

/*
 * Unicode's format characters (Cf), fillers and variation selectors: they show nothing, or reorder
 * or restyle what is around them. text_plain() has replaced the separators and overrides among them.
 */
static bool is_invisible(unsigned long character)
{
	static const struct {
		unsigned long first, last;
	} ranges[] = {
		{ 0xad, 0xad },       { 0x34f, 0x34f },     { 0x600, 0x605 },
		{ 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
		{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
		{ 0x110bd, 0x110bd }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; character >= 0x80 && i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

void text_printable(struct text *text, const char *string)
{
	const char *from = text->next;
	char *to = text->next;

	text_plain(text, slice_of(string));
	while (from < text->next) {
		const char *next;

		if (is_invisible(character_at(from, text->next, &next))) {
			*to++ = '?';
		} else {
			memmove(to, from, (size_t)(next - from));
			to += next - from;
		}
		from = next;
	}
	text->next = to;
}

/* By the C library's table, in whatever locale we run; 1 if it has none. */
static unsigned columns_of(unsigned long character)
{
	static locale_t utf8;
	static bool tried;
	locale_t before;
	int columns;

	if (character < 0x80)
		return 1;
	if (!tried)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	tried = true;
	if (!utf8)
		return 1;
	before = uselocale(utf8);
	columns = wcwidth((wchar_t)character);
	uselocale(before);
	return columns < 0 ? 1 : (unsigned)columns;
}

const char *printable_next(const char *at, const char *end, unsigned *columns)
{
	const char *next;

	*columns = columns_of(character_at(at, end, &next));
	return next;
}

unsigned printable_columns(const char *at, const char *end)
{
	unsigned total = 0;

	while (at < end) {
		unsigned columns = 1;

		at = (unsigned char)*at < 0x80 ? at + 1 : printable_next(at, end, &columns);
		total += columns;
	}
	return total;
}

static bool name_list_has(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; list; list = strstr(list, ", "), list = list ? list + 2 : NULL) {
		if (strncmp(list, name, length) == 0 && (!list[length] || list[length] == ','))
			return true;
	}
	return false;
}

void name_list_add(char *list, size_t size, const char *name)
{
	struct text text = { list, list + strlen(list), list + size - 1 };
	char line[1024];
	struct text entry = TEXT(line);

	entry.end--;
	text_printable(&entry, name);
	*entry.next = '\0';
	if (name_list_has(list, line) ||
	    strlen(line) + strlen(", ") > (size_t)(text.end - text.next))
		return;
	text_string(&text, *list ? ", " : "");
	text_string(&text, line);
	*text.next = '\0';
}
