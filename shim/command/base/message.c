/* message: error messages, one printable line each on standard error. */
#include "base/message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/printable.h"

enum { MESSAGE_MAX = 2 * PATH_MAX };

void message(const char *format, ...)
{
	char plain[MESSAGE_MAX], line[MESSAGE_MAX];
	struct text text = TEXT(line);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(plain, sizeof(plain), format, arguments);
	va_end(arguments);
	text_printable(&text, plain);
	fprintf(stderr, "keepalive: %.*s\n", (int)(text.next - text.start), text.start);
}
