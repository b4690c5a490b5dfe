/* settings_table: the rows as the library and the command use them. */
#include "settings_table.h"

#define ROW(symbol, variable, word, preset, words, accepted, ...) \
	variable "\0" word "\0" preset "\0" words "\0" accepted "\0"

/*
 * One after the other, because pointers would need relocations, and arrays of one length much more
 * room.
 */
const char *setting_text(enum variable variable, enum setting_text text)
{
	static const char texts[] = SETTINGS(ROW);
	const char *at = texts;

	for (unsigned before = (unsigned)variable * SETTING_TEXTS + (unsigned)text; before; at++)
		before -= !*at;
	return at;
}

#define RANGE(symbol, variable, word, preset, words, accepted, argument, help, level, name, unit, \
	      least, most, ...) \
	[OPTION_##symbol] = { least, most, unit },

const struct range *range_of(enum sockopt option)
{
	static const struct range ranges[OPTIONS] = { SOCKET_SETTINGS(RANGE) };

	return &ranges[option];
}
