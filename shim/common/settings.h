/*
 * settings: what the user asked for, read from text, validated, and composed into profiles.
 *
 * Shared by the preload and the command. No allocation, no libc, no global state: text comes in,
 * complaints go out through a callback.
 */
#ifndef KEEPALIVE_SETTINGS_H
#define KEEPALIVE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "text.h"

enum { RULES_MAX = 64, LOG_PATH_MAX = 4096 }; /* LOG_PATH_MAX: with its end, as PATH_MAX */

/* The environment variables; see keepalive-shim(7). */
enum variable {
	VARIABLE_KEEPALIVE,
	VARIABLE_ROLE,
	VARIABLE_IDLE,
	VARIABLE_INTERVAL,
	VARIABLE_COUNT,
	VARIABLE_USER_TIMEOUT,
	VARIABLE_RTO_MAX,
	VARIABLE_MODE,
	VARIABLE_RULES,
	VARIABLE_LOG,
	VARIABLES
};

/* "KEEPALIVE_SHIM_IDLE" and so on. */
const char *variable_name(enum variable variable);

/* Which end of a connection; a bit each. */
enum role { ROLE_CLIENT = 1, ROLE_SERVER = 2, ROLE_BOTH = 3 };

/*
 * The socket options of tcp(7) and socket(7) that this project sets, in the order in which they are
 * set: SO_KEEPALIVE last, so that adopting an idle connection sends no probe at once (Linux
 * tcp_sock_set_keepidle_locked() re-arms on the time already idle).
 */
enum sockopt {
	OPTION_IDLE,         /* TCP_KEEPIDLE, seconds */
	OPTION_INTERVAL,     /* TCP_KEEPINTVL, seconds */
	OPTION_COUNT,        /* TCP_KEEPCNT */
	OPTION_USER_TIMEOUT, /* TCP_USER_TIMEOUT, milliseconds */
	OPTION_RTO_MAX,      /* TCP_RTO_MAX_MS, milliseconds */
	OPTION_KEEPALIVE,    /* SO_KEEPALIVE, 0 or 1 */
	OPTIONS
};

/* What one socket gets. A value of 0 leaves the option as the kernel made it. */
struct profile {
	int32_t value[OPTIONS];
	bool force; /* ours win over what the program sets */
};

/* One rule whose program= matched. What it selects by, and the whole profile it stands for. */
struct rule {
	struct profile profile;
	struct network peer;            /* family ADDRESS_NONE: any */
	uint16_t port_first, port_last; /* 0, 0: any */
	uint8_t roles;                  /* enum role bits */
	uint8_t number;                 /* as the user counts, from 1 */
};

enum log_target { LOG_OFF, LOG_STDERR, LOG_PATH };

struct settings {
	bool on;
	uint8_t role;         /* enum role bits: which sockets are touched at all */
	uint8_t log;          /* enum log_target */
	uint8_t rules;        /* how many of rule[] hold */
	struct profile base;  /* the plain variables */
	const char *log_path; /* for LOG_PATH: the variable's text itself */
	struct rule rule[RULES_MAX];
};

/* The names that program= is matched with; NULL where not known. */
struct program {
	const char *executable; /* base name of the executable */
	const char *comm;       /* /proc/self/comm: at most 15 characters, proc(5) */
};

/* Something wrong with what the user wrote. */
struct complaint {
	bool warning; /* the value holds all the same */
	enum variable variable;
	unsigned rule;        /* the rule's number, 0 outside rules */
	struct slice value;   /* the offending value or word */
	const char *problem;  /* what is wrong, or for a warning what follows from it */
	const char *accepted; /* what would be right; NULL for a warning */
	const char *instead;  /* what holds instead; NULL for a warning */
};

typedef void complain_function(void *context, const struct complaint *complaint);

/*
 * Fills *settings from the text of the variables (NULL or empty: not set). A bad value is complained
 * of and its default used; a bad rule is complained of and skipped as a whole; the others hold.
 * With KEEPALIVE_SHIM=off nothing else is looked at. complain may be NULL.
 */
void settings_read(struct settings *settings, const char *const text[VARIABLES],
		   const struct program *program, complain_function *complain, void *context);

/*
 * Copies settings without the unused part of its arrays.
 */
void settings_copy(struct settings *to, const struct settings *from);

/*
 * The profile number for a socket in this role: 0 = leave alone (not our role), PROFILE_BASE = the
 * plain variables, PROFILE_RULE + i = rule[i]. The first rule whose selectors all match wins.
 * peer NULL, port 0: not known yet, so rules that ask for them do not match.
 * port is the service's: the remote one for a client, the local one for a server.
 */
enum { PROFILE_NONE = 0, PROFILE_BASE = 1, PROFILE_RULE = 2 };
unsigned settings_match(const struct settings *settings, enum role role, const struct address *peer,
			unsigned port);

/* The profile with that number. For 0 it is all zero. Never NULL. */
const struct profile *settings_profile(const struct settings *settings, unsigned number);

/* Whether a rule for this role asks for the peer, or for the port. */
bool settings_ask_peer(const struct settings *settings, enum role role);
bool settings_ask_port(const struct settings *settings, enum role role);

/*
 * The complaint as the end of a message: "KEEPALIVE_SHIM_IDLE '5x': not a duration; accepted: ...; using
 * 60s". name replaces the variable's name where it is not NULL (the command's options); with_instead
 * false leaves out what holds instead (the command stops there).
 */
void text_complaint(struct text *text, const struct complaint *complaint, const char *name,
		    bool with_instead);

/* The profile's values: "idle=60s interval=10s count=6"; "off" where keepalive stays off. */
void text_profile(struct text *text, const struct profile *profile);

/* "idle", "interval", "count", "user-timeout", "rto-max", "keepalive". */
const char *sockopt_name(enum sockopt option);

#endif
