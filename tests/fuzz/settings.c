/*
 * settings: the variables, a line of the input each, in the order of enum variable; an absent line is a
 * variable that is not set. A line has no end of its own, so what the last variable holds may span many.
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
		/* Of its very size, so that a step beyond its end is seen. */
		texts.text[i] = copies[i] = strndup(at, (size_t)(stop - at));
		at = stop + (stop < end);
	}
	invariants_hold(&texts, &program);
	for (unsigned i = 0; i < VARIABLES; i++)
		free(copies[i]);
	return 0;
}
