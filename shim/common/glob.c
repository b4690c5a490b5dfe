/*
 * glob: matches a name with a shell pattern, without recursion: each star matches as little as
 * possible.
 */
#include "glob.h"

static struct slice rest_of(struct slice slice, size_t taken)
{
	return (struct slice){ slice.start + taken, slice.length - taken };
}

/*
 * The length of the set at the beginning of the pattern, brackets included; 0 if it is not closed.
 */
static size_t set_length(struct slice pattern)
{
	size_t close = pattern.length > 1 && pattern.start[1] == '!' ? 3 : 2;

	while (close < pattern.length && pattern.start[close] != ']')
		close++;
	return close < pattern.length ? close + 1 : 0;
}

/* Whether c is in the set between the brackets. */
static bool is_in_set(struct slice set, char c)
{
	bool inverted = *set.start == '!', found = false;

	for (size_t i = inverted; i < set.length; i++) {
		char low = set.start[i], high = low;

		if (set.length - i > 2 && set.start[i + 1] == '-') {
			high = set.start[i + 2];
			i += 2;
		}
		found = found || (c >= low && c <= high);
	}
	return found != inverted;
}

/* Removes the pattern of one character from the front of *pattern. Returns whether it matches c. */
static bool take_character(struct slice *pattern, char c)
{
	struct slice whole = *pattern;
	size_t set = *whole.start == '[' ? set_length(whole) : 0;
	size_t quoted = *whole.start == '\\' && whole.length > 1;

	if (set) {
		*pattern = rest_of(whole, set);
		return is_in_set((struct slice){ whole.start + 1, set - 2 }, c);
	}
	*pattern = rest_of(whole, quoted + 1);
	return *whole.start == '?' || whole.start[quoted] == c;
}

bool glob_matches(struct slice pattern, struct slice text)
{
	/* The pattern after the last star, and where in the text it was tried last. */
	struct slice after_star = { 0 }, tried = { 0 };

	while (text.length || pattern.length) {
		if (pattern.length && *pattern.start == '*') {
			pattern = after_star = rest_of(pattern, 1);
			tried = text;
		} else if (pattern.length && text.length && take_character(&pattern, *text.start)) {
			text = rest_of(text, 1);
		} else if (tried.length) {
			text = tried = rest_of(tried, 1);
			pattern = after_star;
		} else {
			return false;
		}
	}
	return true;
}
