/*
 * rules: the whole input is KEEPALIVE_SHIM_RULES, with valid values for the other variables, and for programs whose
 * names are known, truncated, or unknown.
 */
#include <stdlib.h>
#include <string.h>

#include "invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct program programs[] = {
		{ "server", "python3" },
		{ "a-program-with-a-long-name", "a-program-with-" },
		{ NULL, NULL },
	};
	struct texts texts = { .text = { NULL } };
	char *rules = strndup((const char *)data, size);

	texts.text[VARIABLE_RULES] = rules;
	for (unsigned i = 0; i < 3; i++) {
		texts.text[VARIABLE_USER_TIMEOUT] = i ? "auto" : NULL;
		invariants_hold(&texts, &programs[i]);
	}
	free(rules);
	return 0;
}
