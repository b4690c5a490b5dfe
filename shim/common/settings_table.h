/*
 * settings_table: the settings, one row each. The names of variables and options, the words of
 * rules, the messages, --help, the columns and keys of `keepalive status`, and the completions are
 * derived from these rows.
 *
 * To add a setting, add a row, its entry in keepalive-shim(7), and a test (shim/README.md).
 *
 * ROW(symbol, variable, word, preset, words, accepted, argument, help, ...):
 *   symbol    VARIABLE_symbol, and OPTION_symbol for a socket option
 *   variable  the environment variable
 *   word      its name in rules, in the log, and as an option of the command
 *   preset    the default
 *   words     the words among its values, by the numbers they stand for: 0, 1 and so on; for a number
 *             the first means 0 (not set by us), the second USER_TIMEOUT_AUTO
 *   accepted  the values that messages list as accepted
 *   argument  the placeholder in --help
 *   help      its description in --help
 * and for a socket option
 *   level, name    as in setsockopt(2)
 *   unit           what the kernel counts, enum unit
 *   least, most    the range, in that unit
 *   heading, key   its column in `keepalive status`, and its member in --json
 *
 * Ranges: include/net/tcp.h MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT; tcp(7);
 * TCP_RTO_MAX_MS: one second to two minutes.
 */
#ifndef KEEPALIVE_SETTINGS_TABLE_H
#define KEEPALIVE_SETTINGS_TABLE_H

#include <stdint.h>

/* clang-format off */

/* Numbers, each a socket option, in the order in which they are set. */
#define NUMBER_SETTINGS(ROW) \
	ROW(IDLE, "KEEPALIVE_SHIM_IDLE", "idle", "60s", "kernel", \
	    "1s to 32767s (seconds if bare; units s, m, h), or kernel", \
	    "DURATION", "silence before the first probe", \
	    IPPROTO_TCP, TCP_KEEPIDLE, UNIT_SECONDS, 1, 32767, "IDLE", "idle_s") \
	ROW(INTERVAL, "KEEPALIVE_SHIM_INTERVAL", "interval", "10s", "kernel", \
	    "1s to 32767s (seconds if bare; units s, m, h), or kernel", \
	    "DURATION", "time between probes", \
	    IPPROTO_TCP, TCP_KEEPINTVL, UNIT_SECONDS, 1, 32767, "INTERVAL", "interval_s") \
	ROW(COUNT, "KEEPALIVE_SHIM_COUNT", "count", "6", "kernel", \
	    "1 to 127, or kernel", \
	    "N", "unanswered probes until the connection is dead", \
	    IPPROTO_TCP, TCP_KEEPCNT, UNIT_NONE, 1, 127, "COUNT", "count") \
	ROW(USER_TIMEOUT, "KEEPALIVE_SHIM_USER_TIMEOUT", "user-timeout", "off", "off auto", \
	    "off, auto, or 1ms to 2147483647ms with ms, s, m or h", \
	    "DURATION", "off, auto, or a duration with its unit", \
	    IPPROTO_TCP, TCP_USER_TIMEOUT, UNIT_MILLISECONDS, 1, 2147483647, \
	    "USER-TIMEOUT", "user_timeout_ms") \
	ROW(RTO_MAX, "KEEPALIVE_SHIM_RTO_MAX", "rto-max", "off", "off", \
	    "off, or 1s to 120s (seconds if bare; units ms, s, m, h)", \
	    "DURATION", "off, or 1s to 120s", \
	    IPPROTO_TCP, TCP_RTO_MAX_MS, UNIT_MILLISECONDS, 1000, 120000, \
	    "RTO-MAX", "rto_max_ms")

/*
 * The switch; its words are off and on in turn. SO_KEEPALIVE is set last, so that adopting an idle
 * connection sends no probe at once (Linux tcp_sock_set_keepidle_locked() re-arms on the time
 * already idle).
 */
#define SWITCH_SETTING(ROW) \
	ROW(KEEPALIVE, "KEEPALIVE_SHIM", "keepalive", "on", "off on no yes false true 0 1", \
	    "on or off (also yes/no, true/false, 1/0)", \
	    NULL, NULL, SOL_SOCKET, SO_KEEPALIVE, UNIT_SWITCH, 0, 1, "KEEPALIVE", "keepalive")

/* Settings that are not socket options; the words of the role are those of enum role from 1. */
#define OTHER_SETTINGS(ROW) \
	ROW(ROLE, "KEEPALIVE_SHIM_ROLE", "role", "both", "client server both", \
	    "both, client or server", \
	    "ROLE", "both, client or server: which side's sockets") \
	ROW(MODE, "KEEPALIVE_SHIM_MODE", "mode", "respect", "respect force", \
	    "respect or force", \
	    "MODE", "respect or force the program's own values") \
	ROW(RULES, "KEEPALIVE_SHIM_RULES", "rule", "", "", \
	    "at most 64 rules", \
	    "RULE", "values by program, role, peer or port; repeatable") \
	ROW(LOG, "KEEPALIVE_SHIM_LOG", "log", "off", "off stderr", \
	    "off, stderr, or an absolute path", \
	    "TARGET", "off, stderr or a path: a line for each socket")

/* clang-format on */

#define SOCKET_SETTINGS(ROW) NUMBER_SETTINGS(ROW) SWITCH_SETTING(ROW)
#define SETTINGS(ROW)        SOCKET_SETTINGS(ROW) OTHER_SETTINGS(ROW)

#define OPTION_ENUMERATOR(symbol, ...)   OPTION_##symbol,
#define VARIABLE_ENUMERATOR(symbol, ...) VARIABLE_##symbol,

/* The socket options, in the order in which they are set. */
enum sockopt { SOCKET_SETTINGS(OPTION_ENUMERATOR) OPTIONS };

/* How many of them are numbers: all those before the switch. */
enum { NUMBERS = OPTION_KEEPALIVE };
_Static_assert(OPTION_KEEPALIVE == OPTIONS - 1, "SO_KEEPALIVE is set last");

/* The environment variables; the first OPTIONS of them have the numbers of enum sockopt. */
enum variable { SETTINGS(VARIABLE_ENUMERATOR) VARIABLES };
_Static_assert((int)VARIABLE_KEEPALIVE == (int)OPTION_KEEPALIVE, "the same numbers");

/* Stands for "idle + interval x count" until the whole profile is known. */
enum { USER_TIMEOUT_AUTO = -1 };

/* The ends of a connection, one bit each. */
enum role { ROLE_CLIENT = 1, ROLE_SERVER = 2, ROLE_BOTH = 3 };

/* In the order of KEEPALIVE_SHIM_LOG's words; LOG_PATH for any other value. */
enum log_target { LOG_OFF, LOG_STDERR, LOG_PATH };

enum unit { UNIT_NONE, UNIT_SECONDS, UNIT_MILLISECONDS, UNIT_SWITCH };

/* The texts of a row, without those that only the command needs. */
enum setting_text {
	SETTING_VARIABLE,
	SETTING_WORD,
	SETTING_PRESET,
	SETTING_WORDS,
	SETTING_ACCEPTED,
	SETTING_TEXTS
};

/* One of these texts of a setting. It takes a while: all texts before it are skipped. */
const char *setting_text(enum variable variable, enum setting_text text);

/* "KEEPALIVE_SHIM_IDLE" and so on. */
static inline const char *variable_name(enum variable variable)
{
	return setting_text(variable, SETTING_VARIABLE);
}

/* "idle", "interval", "count", "user-timeout", "rto-max", "keepalive". */
static inline const char *sockopt_name(enum sockopt option)
{
	return setting_text((enum variable)option, SETTING_WORD);
}

/* The unit of an option, and its range. */
struct range {
	int32_t least, most;
	uint8_t unit; /* enum unit */
};

const struct range *range_of(enum sockopt option);

#endif
