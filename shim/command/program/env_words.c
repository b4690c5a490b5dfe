/* Reads the command line of env(1) as GNU's and BSD's do. */
#include "program/env_words.h"

#include <stdlib.h>
#include <string.h>

#include "program/library.h"

#define BLANKS " \t"

enum { WORDS_MAX = 64 };

/* What is left to read, with the words of -S in front. */
struct reader {
	char *words[WORDS_MAX + 1];
	unsigned next, count;
	bool elsewhere; /* env(1) changes its directory first */
	char *split;    /* the last string of -S, which words point into; never freed */
};

static char *word_at(struct reader *reader)
{
	return reader->words[reader->next];
}

/* Puts words in front. Returns false if there are too many. */
static bool put_in_front(struct reader *reader, char **words, unsigned count)
{
	unsigned rest = reader->count - reader->next;

	if (count + rest > WORDS_MAX)
		return false;
	memmove(reader->words + count, reader->words + reader->next,
		(rest + 1) * sizeof(*reader->words));
	memcpy(reader->words, words, count * sizeof(*words));
	reader->next = 0;
	reader->count = count + rest;
	return true;
}

/* The string of -S; quotes, escapes, variables and comments in it are left unread. */
static bool split(struct reader *reader, const char *given)
{
	char *words[WORDS_MAX], *rest = NULL;
	unsigned count = 0;

	if (!given || given[strcspn(given, "'\"\\$#")])
		return false;
	reader->split = strdup(given);
	if (!reader->split)
		abort();
	for (char *word = strtok_r(reader->split, BLANKS, &rest); word;
	     word = strtok_r(NULL, BLANKS, &rest)) {
		if (count == WORDS_MAX)
			return false;
		words[count++] = word;
	}
	return put_in_front(reader, words, count);
}

static void take_variable(const char *name, const char *value, struct env_words *found)
{
	if (strncmp(name, "LD_PRELOAD=", 11) == 0 || strcmp(name, "LD_PRELOAD") == 0)
		found->drops_preload = !value || !strstr(value, LIBRARY_NAME);
	if (strncmp(name, "KEEPALIVE_SHIM", 14) == 0)
		found->sets_settings = true;
	if (value && strncmp(name, "PATH=", 5) == 0)
		found->path = value;
}

static void clear(struct env_words *found)
{
	found->drops_preload = true;
	found->path = "/bin:/usr/bin"; /* as execvp(3) without PATH */
}

/* The value of an option: what follows the letter, or the next word. */
static char *value_of(struct reader *reader, char *behind)
{
	if (*behind)
		return behind;
	return word_at(reader) ? reader->words[reader->next++] : NULL;
}

/* A cluster of letters. Returns false if what they do is not known here. */
static bool take_letters(struct reader *reader, char *letters, struct env_words *found)
{
	for (; *letters; letters++) {
		char *value;

		switch (*letters) {
		case 'i':
			clear(found);
			break;
		case 'v':
			break;
		case 'S':
			return split(reader, value_of(reader, letters + 1));
		case 'u':
			value = value_of(reader, letters + 1);
			if (value)
				take_variable(value, NULL, found);
			return value != NULL;
		case 'C':
			reader->elsewhere = true;
			return value_of(reader, letters + 1) != NULL;
		case 'a':
			return value_of(reader, letters + 1) != NULL;
		default:
			return false;
		}
	}
	return true;
}

static bool is_long(const char *option, const char *name)
{
	size_t length = strlen(name);

	return strncmp(option + 2, name, length) == 0 && strchr("=", option[2 + length]);
}

static bool take_long(struct reader *reader, char *option, struct env_words *found)
{
	enum effect { NONE, IGNORE, UNSET, SPLIT, CHDIR, NAME };
	static const struct {
		const char *name;
		enum effect effect;
	} options[] = {
		{ "argv0", NAME },          { "block-signal", NONE },
		{ "chdir", CHDIR },         { "debug", NONE },
		{ "default-signal", NONE }, { "ignore-environment", IGNORE },
		{ "ignore-signal", NONE },  { "list-signal-handling", NONE },
		{ "split-string", SPLIT },  { "unset", UNSET },
	};
	char *value = strchr(option, '=');
	size_t i = 0;

	while (i < sizeof(options) / sizeof(options[0]) && !is_long(option, options[i].name))
		i++;
	if (i == sizeof(options) / sizeof(options[0]))
		return false;
	if (options[i].effect >= UNSET)
		value = value ? value + 1 : value_of(reader, option + strlen(option));
	switch (options[i].effect) {
	case IGNORE:
		clear(found);
		break;
	case UNSET:
		take_variable(value ? value : "", NULL, found);
		break;
	case SPLIT:
		return split(reader, value);
	case CHDIR:
		reader->elsewhere = true;
		break;
	default:
		break;
	}
	return options[i].effect < UNSET || value;
}

/* Options up to the first word that is none. */
static bool take_options(struct reader *reader, struct env_words *found)
{
	char *word;

	while ((word = word_at(reader)) && *word == '-') {
		bool known = true;

		reader->next++;
		if (strcmp(word, "--") == 0)
			return true;
		if (!word[1])
			clear(found);
		else
			known = word[1] == '-' ? take_long(reader, word, found)
					       : take_letters(reader, word + 1, found);
		if (!known)
			return false;
	}
	return true;
}

bool env_words_read(char **words, struct env_words *found)
{
	static struct reader reader;
	unsigned count = 0;

	*found = (struct env_words){ .program = NULL };
	while (words[count])
		count++;
	if (count > WORDS_MAX)
		count = WORDS_MAX;                            /* those are the program's */
	memmove(reader.words, words, count * sizeof(*words)); /* may be those found before */
	reader.words[count] = NULL;
	reader.next = 0;
	reader.count = count;
	reader.elsewhere = false;
	if (!take_options(&reader, found))
		return false;
	for (char *equals; word_at(&reader) && (equals = strchr(word_at(&reader), '='));)
		take_variable(reader.words[reader.next++], equals + 1, found);
	found->program = reader.words + reader.next;
	return !reader.elsewhere || !word_at(&reader) || *word_at(&reader) == '/' ||
	       !strchr(word_at(&reader), '/');
}
