/* json: prints the members of JSON objects. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/printable.h"

void json_text(const char *string)
{
	size_t size = strlen(string) + 1; /* what is printable is not longer */
	char *buffer = array_resized(NULL, size);
	struct text text = { buffer, buffer, buffer + size };

	text_printable(&text, string);
	putchar('"');
	for (const char *at = text.start; at < text.next; at++) {
		if (*at == '"' || *at == '\\')
			putchar('\\');
		putchar(*at);
	}
	putchar('"');
	free(buffer);
}

void json_string(const char *key, const char *string)
{
	printf(", \"%s\": ", key);
	if (string)
		json_text(string);
	else
		printf("null");
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
