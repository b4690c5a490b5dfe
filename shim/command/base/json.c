/* json: prints the members of JSON objects. */
#include "base/json.h"

#include <limits.h>
#include <stdio.h>

#include "base/printable.h"

void json_string(const char *key, const char *string)
{
	char buffer[PATH_MAX];
	struct text text = TEXT(buffer);

	if (!string) {
		printf(", \"%s\": null", key);
		return;
	}
	text_printable(&text, string);
	printf(", \"%s\": \"", key);
	for (const char *at = text.start; at < text.next; at++) {
		if (*at == '"' || *at == '\\')
			putchar('\\');
		putchar(*at);
	}
	putchar('"');
}

void json_word(const char *key, const char *word)
{
	if (word && word[0] && word[0] != '-')
		printf(", \"%s\": \"%s\"", key, word);
	else
		printf(", \"%s\": null", key);
}

void json_number(const char *key, bool is_known, unsigned long number)
{
	if (is_known)
		printf(", \"%s\": %lu", key, number);
	else
		printf(", \"%s\": null", key);
}
