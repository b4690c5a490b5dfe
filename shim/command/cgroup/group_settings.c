/* Reads settings for a control group, and refuses what the kernel's programs cannot do. */
#include "cgroup/group_settings.h"

#include "base/message.h"

static void refuse_program(const struct sources *sources, unsigned rule)
{
	const struct complaint complaint = {
		.host_file = sources->texts.line[VARIABLE_RULES],
		.line = sources->texts.line[VARIABLE_RULES],
		.variable = VARIABLE_RULES,
		.rule = rule,
		.problem = "program= does not work for a control group: the kernel's programs see "
			   "sockets, not executables",
	};
	char line[512];
	struct text text = TEXT(line);

	text_complaint(&text, &complaint, sources->option[VARIABLE_RULES], false);
	if (complaint.host_file)
		text_string(&text, "; KEEPALIVE_SHIM_RULES overrides those of " HOST_FILE
				   ", ';' means none");
	message("%.*s", (int)(text.next - text.start), text.start);
}

bool group_settings_read(struct sources *sources, struct settings *settings, bool warnings)
{
	static const struct program unknown;

	bool holds = sources_read(sources, &unknown, settings, warnings);

	if (!settings->on) {
		sources_say_off(sources);
		return false;
	}
	if (!holds)
		return false;
	if (sources->option[VARIABLE_LOG]) {
		message("--log does not apply here: programs in the kernel write no log");
		return false;
	}
	if (settings->by_program) {
		refuse_program(sources, settings->by_program);
		return false;
	}
	return true;
}
