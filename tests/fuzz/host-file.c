/* host-file: the whole input is /etc/keepalive-shim.conf, as if it had just been read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_file.h"
#include "invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct program program = { "server", "python3" };
	struct texts texts = { .text = { NULL } };
	struct host_file file = { .length = strnlen((const char *)data, size) };
	const char *past;
	unsigned complaints = 0;

	/* Exactly its size, so that reading beyond its end is detected. */
	file.text = strndup((const char *)data, file.length);
	past = file.text + file.length + 1;
	host_file_read(&file, &texts, invariants_complain, &complaints);
	for (unsigned i = 0; i < VARIABLES; i++) {
		const char *text = texts.text[i];

		if (!text != !texts.line[i] || texts.line[i] > size + 1 ||
		    (text && (text < file.text || text + strlen(text) >= past)))
			abort();
	}
	invariants_hold(&texts, &program);
	free(file.text);
	return 0;
}
