/* interval: reads the seconds of --watch and --follow. */
#include "base/interval.h"

#include <stdlib.h>
#include <string.h>

bool interval_parse(const char *text, int *milliseconds)
{
	char *end;
	double seconds;

	/* strtod() also reads signs, hexadecimal, "inf" and "nan". */
	if (strspn(text, "0123456789.") != strlen(text) - (strchr(text, 's') != NULL))
		return false;
	seconds = strtod(text, &end);
	if (end == text || (*end && strcmp(end, "s") != 0) || seconds < 0.1 || seconds > 86400)
		return false;
	*milliseconds = (int)(seconds * 1000);
	return true;
}
