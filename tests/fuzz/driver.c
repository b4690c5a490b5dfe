/* driver FILE...: hands each file to the target, for machines without libFuzzer and for make test. */
#include <stdio.h>
#include <stdlib.h>

#include "invariants.h"

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		uint8_t *data = malloc(1 << 20);
		size_t size;

		if (!file || !data) {
			perror(argv[i]);
			return 2;
		}
		size = fread(data, 1, 1 << 20, file);
		fclose(file);
		data = realloc(data, size ? size : 1);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
