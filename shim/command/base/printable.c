/* printable: replaces bytes that a terminal or JSON cannot handle in strings from elsewhere. */
#include "base/printable.h"

void text_printable(struct text *text, const char *string)
{
	text_plain(text, slice_of(string));
}
