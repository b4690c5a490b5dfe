/* nearest: finds the word that a misspelt one was most likely meant to be. */
#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

enum { LENGTH_MAX = 40 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Counts letters that are added, left out or replaced, and neighbours that are swapped: optimal
 * string alignment.
 */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][LENGTH_MAX + 1];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= strlen(a); i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *second = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= width; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[strlen(a) % 3][width];
}

void nearest_consider(struct nearest *nearest, const char *written, const char *candidate)
{
	size_t length = strlen(candidate);
	unsigned now;

	if (strlen(written) > LENGTH_MAX || length > LENGTH_MAX)
		return;
	now = distance(written, candidate);
	if (now > (length + 1) / 3 || (nearest->word && now >= nearest->distance))
		return;
	nearest->word = candidate;
	nearest->distance = now;
}
