/*
 * text: a line of text, built in a buffer that the caller owns.
 *
 * For code that has neither stdio nor allocation. What does not fit is dropped; nothing here fails.
 * Control characters in other programs' text are shown as '?', so that the line stays one line.
 */
#ifndef KEEPALIVE_TEXT_H
#define KEEPALIVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A part of another string; not terminated. */
struct slice {
	const char *start;
	size_t length;
};

/* A line being written: [start, next) is written, [next, end) is free. */
struct text {
	char *start;
	char *next;
	char *end;
};

#define TEXT(buffer) \
	{ \
		(buffer), (buffer), (buffer) + sizeof(buffer) \
	}

/* The whole of a terminated string. */
struct slice slice_of(const char *string);

/* Whether the slice is exactly this word. */
bool slice_is(struct slice slice, const char *word);

/* The same, ignoring the case of ASCII letters; word is in lower case. */
bool slice_is_word(struct slice slice, struct slice word);

/*
 * If the slice begins with prefix, puts what follows it into *rest and returns true.
 */
bool slice_after(struct slice slice, const char *prefix, struct slice *rest);

/*
 * Takes the next run of characters that are not in separators off the front of *from.
 * Returns an empty slice when only separators, or nothing, was left.
 */
struct slice slice_next(struct slice *from, const char *separators);

/*
 * Decimal digits and nothing else, at most limit. Returns false for an empty slice, any other
 * character, a larger number, or more than 32 digits, and leaves *number alone then.
 */
bool slice_number(struct slice slice, unsigned long limit, unsigned long *number);

void text_char(struct text *text, char c);
void text_string(struct text *text, const char *string);
void text_number(struct text *text, unsigned long number);

/*
 * The length of the UTF-8 sequence at the beginning of a slice that is not empty (RFC 3629), and the
 * character. 0 if there is none, for control characters (including U+0080 to U+009F, which terminals
 * obey), for those that break a line or reverse its direction (U+2028 to U+202E), and for the
 * invisible byte order mark: then the character is the first byte.
 */
size_t text_sequence(struct slice from, unsigned long *found);

/* Text from elsewhere, as UTF-8 with such characters only: '?' replaces each other byte. */
void text_plain(struct text *text, struct slice value);

/* The same in single quotes; if it is long, only its beginning and its length. */
void text_quoted(struct text *text, struct slice value);

#endif
