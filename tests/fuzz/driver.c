/* driver FILE...: runs the target on each file, for machines without libFuzzer and for make test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invariants.h"

int main(int argc, char **argv)
{
	static uint8_t buffer[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		uint8_t *input;
		size_t size;

		if (!file) {
			perror(argv[i]);
			return 2;
		}
		size = fread(buffer, 1, sizeof(buffer), file);
		fclose(file);
		input = malloc(
			size ? size
			     : 1); /* exactly its size, so that reading beyond its end is detected */
		if (!input)
			return 2;
		memcpy(input, buffer, size);
		LLVMFuzzerTestOneInput(input, size);
		free(input);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
