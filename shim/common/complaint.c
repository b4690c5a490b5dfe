/* complaint: the wording of what is wrong with a setting. */
#include "complaint.h"

/* The place and the setting, without an end, because the value or the problem follows. */
static void text_subject(struct text *text, const struct complaint *complaint, const char *name)
{
	if (complaint->host_file) {
		text_string(text, HOST_FILE);
		if (complaint->line) {
			text_string(text, " line ");
			text_number(text, complaint->line);
		}
		if (complaint->variable < VARIABLES)
			text_string(text, ": ");
	}
	if (complaint->variable < VARIABLES)
		text_string(text, name ? name : variable_name(complaint->variable));
}

void text_complaint(struct text *text, const struct complaint *complaint, const char *name,
		    bool with_instead)
{
	text_subject(text, complaint, name);
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
