/* complaint: the one wording of what is wrong with a setting. */
#include "complaint.h"

void text_complaint(struct text *text, const struct complaint *complaint, const char *name,
		    bool with_instead)
{
	text_string(text, name ? name : variable_name(complaint->variable));
	if (complaint->rule) {
		text_string(text, " rule ");
		text_number(text, complaint->rule);
	}
	if (complaint->value.length) {
		text_char(text, ' ');
		text_quoted(text, complaint->value);
	}
	text_string(text, ": ");
	text_string(text, complaint->problem);
	if (complaint->accepted) {
		text_string(text, "; accepted: ");
		text_string(text, complaint->accepted);
	}
	if (with_instead && complaint->instead) {
		text_string(text, "; using ");
		text_string(text, complaint->instead);
	}
}
