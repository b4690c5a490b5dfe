/* Reads settings for a control group, and refuses what the kernel's programs cannot do. */
#include "cgroup/group_settings.h"

#include "base/message.h"
#include "base/sources.h"

bool group_settings_read(const struct settings_options *options, struct settings *settings)
{
	static const struct program unknown;
	struct sources sources;
	char line[64];
	struct text source = TEXT(line);

	settings_options_sources(options, &sources);
	if (!sources_read(&sources, &unknown, settings, !sources_said(&sources)))
		return false;
	if (options->text[VARIABLE_LOG]) {
		message("--log does not apply here: programs in the kernel write no log");
		return false;
	}
	if (settings->by_program) {
		text_source(&source, &sources, VARIABLE_RULES);
		message("%.*s rule %u: program= does not work for a control group: the kernel's "
			"programs see sockets, not executables%s",
			(int)(source.next - source.start), source.start, settings->by_program,
			sources.texts.line[VARIABLE_RULES]
				? "; KEEPALIVE_SHIM_RULES overrides those of " HOST_FILE
				  ", ';' means none"
				: "");
		return false;
	}
	if (!settings->on)
		sources_say_off(&sources);
	return settings->on;
}
