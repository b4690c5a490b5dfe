/* message: error messages, one printable line each on standard error. */
#include "base/message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"

enum { MESSAGE_MAX = 2 * PATH_MAX, WARNINGS_MAX = 256 };

static const char *given[WARNINGS_MAX + 1];

static void print(const char *before, const char *plain)
{
	char line[MESSAGE_MAX];
	struct text text = TEXT(line);

	text_printable(&text, plain);
	fprintf(stderr, "keepalive: %s%.*s\n", before, (int)(text.next - text.start), text.start);
}

void message(const char *format, ...)
{
	char plain[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(plain, sizeof(plain), format, arguments);
	va_end(arguments);
	print("", plain);
}

void warning(const char *format, ...)
{
	char plain[MESSAGE_MAX];
	va_list arguments;
	size_t count = 0;

	va_start(arguments, format);
	vsnprintf(plain, sizeof(plain), format, arguments);
	va_end(arguments);
	while (given[count] && strcmp(given[count], plain) != 0)
		count++;
	if (given[count] || count == WARNINGS_MAX)
		return;
	given[count] = strdup(plain);
	print("warning: ", plain);
}

const char *const *warnings(void)
{
	return given;
}
