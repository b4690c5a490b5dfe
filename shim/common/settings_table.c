/* settings_table: the rows as the library and the command use them. */
#include "settings_table.h"

#define ROW(symbol, variable, word, preset, words, accepted, ...) \
	[VARIABLE_##symbol] = { variable, word, preset, words, accepted },
/* Including the terminating zero, because C allows a string to fill an array without one. */
#define IS_ROOM_FOR(string, member) sizeof(string) <= sizeof(((struct setting *)0)->member)
#define FITS(symbol, variable_, word_, preset_, words_, accepted_, ...) \
	_Static_assert(IS_ROOM_FOR(variable_, variable) && IS_ROOM_FOR(word_, word) && \
			       IS_ROOM_FOR(preset_, preset) && IS_ROOM_FOR(words_, words) && \
			       IS_ROOM_FOR(accepted_, accepted), \
		       #symbol);
SETTINGS(FITS)

const struct setting *setting_of(enum variable variable)
{
	static const struct setting rows[VARIABLES] = { SETTINGS(ROW) };

	return &rows[variable];
}

#define RANGE(symbol, variable, word, preset, words, accepted, argument, help, level, name, unit, \
	      least, most, ...) \
	[OPTION_##symbol] = { least, most, unit },

const struct range *range_of(enum sockopt option)
{
	static const struct range ranges[OPTIONS] = { SOCKET_SETTINGS(RANGE) };

	return &ranges[option];
}
