/* printable: replaces what a terminal or JSON could not take in other people's strings. */
#include "base/printable.h"

void text_printable(struct text *text, const char *string)
{
	text_plain(text, slice_of(string));
}
