/* Reads settings for a control group, and refuses what the kernel's programs cannot do. */
#include "cgroup/group_settings.h"

#include "base/message.h"
#include "base/sources.h"

bool group_settings_read(const struct settings_options *options, struct settings *settings)
{
	static const struct program unknown;
	struct sources sources;

	settings_options_sources(options, &sources);
	if (!sources_read(&sources, &unknown, settings, !sources_said(&sources)))
		return false;
	if (options->text[VARIABLE_LOG]) {
		message("--log does not apply here: programs in the kernel write no log");
		return false;
	}
	if (settings->by_program) {
		message("a rule with program= does not work for a control group: the kernel's "
			"programs see sockets, not executables%s",
			sources.texts.line[VARIABLE_RULES]
				? "; KEEPALIVE_SHIM_RULES overrides those of " HOST_FILE
				  ", ';' means none"
				: "");
		return false;
	}
	if (!settings->on)
		message("KEEPALIVE_SHIM is off: nothing is done");
	return settings->on;
}
