/* interval: parses the seconds of --watch and --follow. */
#include "base/interval.h"

#include <stdlib.h>
#include <string.h>

#include "base/message.h"

static bool parse(const char *text, int *milliseconds)
{
	char *end;
	double seconds;

	/* strtod() also accepts signs, hexadecimal, "inf" and "nan". */
	if (strspn(text, "0123456789.") != strlen(text) - (strchr(text, 's') != NULL))
		return false;
	seconds = strtod(text, &end);
	if (end == text || (*end && strcmp(end, "s") != 0) || seconds < 0.1 || seconds > 86400)
		return false;
	*milliseconds = (int)(seconds * 1000);
	return true;
}

bool interval_take(int *milliseconds, const char *option, const char *value)
{
	if (!value || parse(value, milliseconds))
		return true;
	message("--%s '%s': not an interval; accepted: 0.1 to 86400 seconds", option, value);
	return false;
}
