/* assignments: parses NAME=value lines, in place. */
#include "assignments.h"

static bool is_at_end(const struct assignments *from)
{
	return from->next == from->end;
}

static bool is_at(const struct assignments *from, char c)
{
	return !is_at_end(from) && *from->next == c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next character; counts lines. Must not be called at the end. */
static char take(struct assignments *from)
{
	char c = *from->next++;

	from->line += c == '\n';
	return c;
}

static void skip_blanks(struct assignments *from)
{
	while (!is_at_end(from) && is_blank(*from->next))
		from->next++;
}

/* Skips to the first character of a line that is not blank or a comment. */
static void skip_empty(struct assignments *from)
{
	for (skip_blanks(from); !is_at_end(from); skip_blanks(from)) {
		if (is_at(from, '#') || is_at(from, ';')) {
			while (!is_at_end(from) && !is_at(from, '\n'))
				from->next++;
		} else if (is_at(from, '\n')) {
			take(from);
		} else {
			return;
		}
	}
}

/* Up to "=" or the end of the line. */
static struct slice take_name(struct assignments *from)
{
	struct slice name = { from->next, 0 };

	for (; !is_at_end(from) && !is_at(from, '=') && !is_at(from, '\n'); from->next++) {
		if (!is_blank(*from->next))
			name.length = (size_t)(from->next + 1 - name.start);
	}
	return name;
}

/* In "", a backslash is literal unless one of these, or a newline, follows. */
static bool is_escape(const struct assignments *from)
{
	return is_at(from, '\\') || is_at(from, '"') || is_at(from, '`') || is_at(from, '$');
}

/* Appends the text between quotes to *out. Returns false if the closing quote is missing. */
static bool take_quoted(struct assignments *from, char **out)
{
	char quote = take(from);

	while (!is_at_end(from)) {
		char c = take(from);

		if (c == quote)
			return true;
		if (c == '\\' && quote == '"') {
			if (is_at(from, '\n')) {
				take(from);
				continue;
			}
			if (is_escape(from))
				c = take(from);
		}
		*(*out)++ = c;
	}
	return false;
}

/* Appends the rest of the line to *out, without trailing blanks. */
static void take_plain(struct assignments *from, char **out)
{
	char *next = *out;

	while (!is_at_end(from)) {
		char c = take(from);
		bool blank = is_blank(c);

		if (c == '\n')
			return;
		if (c == '\\') {
			if (is_at_end(from))
				return;
			c = take(from);
			if (c == '\n')
				continue;
			blank = false;
		}
		*next++ = c;
		if (!blank)
			*out = next;
	}
}

static const char *take_value(struct assignments *from, struct assignment *found)
{
	char *value = from->next, *out = value;

	for (skip_blanks(from); is_at(from, '\'') || is_at(from, '"'); skip_blanks(from)) {
		if (!take_quoted(from, &out))
			found->problem = "unterminated quote";
	}
	take_plain(from, &out);
	*out = '\0';
	return value;
}

bool assignment_next(struct assignments *from, struct assignment *found)
{
	skip_empty(from);
	if (is_at_end(from))
		return false;
	*found = (struct assignment){ .line = from->line, .value = "" };
	found->name = take_name(from);
	if (!is_at(from, '=')) {
		found->problem = "no NAME=value";
		return true;
	}
	take(from);
	found->value = take_value(from, found);
	return true;
}
