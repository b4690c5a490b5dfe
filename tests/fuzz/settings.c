/*
 * settings: each line of the input is a variable, in the order of enum variable; if lines are missing, those variables
 * are not set. The last variable is the rest of the input, which may have many lines.
 */
#include <stdlib.h>
#include <string.h>

#include "invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct program program = { "server", "python3" };
	struct texts texts = { .text = { NULL } };
	char *copies[VARIABLES] = { NULL };
	const char *at = (const char *)data, *end = at + size;

	for (unsigned i = 0; i < VARIABLES && at < end; i++) {
		const char *stop = i + 1 < VARIABLES ? memchr(at, '\n', (size_t)(end - at)) : end;

		stop = stop ? stop : end;
		/* Exactly its size, so that reading beyond its end is detected. */
		texts.text[i] = copies[i] = strndup(at, (size_t)(stop - at));
		at = stop + (stop < end);
	}
	invariants_hold(&texts, &program);
	for (unsigned i = 0; i < VARIABLES; i++)
		free(copies[i]);
	return 0;
}
