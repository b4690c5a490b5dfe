/* printable: see printable.h. */
#include "base/printable.h"

void text_printable(struct text *text, const char *string)
{
	text_plain(text, slice_of(string));
}
