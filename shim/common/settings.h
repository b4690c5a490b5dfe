/*
 * settings: what the user asked for, composed into profiles, and which of them a socket gets.
 *
 * Shared by the preload and the command. No allocation, no libc, no global state.
 */
#ifndef KEEPALIVE_SETTINGS_H
#define KEEPALIVE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "profile.h"
#include "settings_table.h"

enum {
	RULES_MAX = 64,
	LOG_PATH_MAX = 4096
}; /* LOG_PATH_MAX includes the terminating zero, as PATH_MAX does */

/* A rule whose program= matched: its other selectors, and its complete profile. */
struct rule {
	struct profile profile;
	struct network peer;            /* family ADDRESS_NONE: any */
	uint16_t port_first, port_last; /* 0, 0: any */
	uint8_t roles;                  /* enum role bits */
	uint8_t number;                 /* as the user counts, from 1 */
};

struct settings {
	bool on;
	uint8_t role;          /* enum role bits: which sockets are touched */
	uint8_t log;           /* enum log_target */
	uint8_t rules;         /* how many of rule[] are used */
	uint8_t by_program;    /* the first rule with program=, for any program; 0: none has it */
	struct profile base;   /* the plain variables */
	struct profile preset; /* the plain variables' defaults */
	struct profile host;   /* the plain variables as the host's file sets them */
	const char *log_path;  /* for LOG_PATH: the variable's text itself */
	struct rule rule[RULES_MAX];
};

/*
 * Copies settings without the unused part of its arrays.
 */
void settings_copy(struct settings *to, const struct settings *from);

/*
 * The profile number for a socket in this role: PROFILE_NONE = leave it alone (not our role),
 * PROFILE_BASE = the plain variables, PROFILE_RULE + i = rule[i]. The first rule whose selectors
 * all match wins. While peer (NULL) or port (0) is not known, rules that need it do not match. port
 * is the service's: the remote one for a client, the local one for a server.
 */
enum {
	PROFILE_NONE = 0,
	PROFILE_BASE = 1,
	PROFILE_RULE = 2,
	PROFILE_PRESET = PROFILE_RULE + RULES_MAX,
	PROFILE_HOST
};
unsigned settings_match(const struct settings *settings, enum role role, const struct address *peer,
			unsigned port);

/*
 * The profile with that number; all zero for PROFILE_NONE. Never NULL. PROFILE_PRESET and
 * PROFILE_HOST are never given to a socket, but another process with the shim may have given them
 * to it.
 */
const struct profile *settings_profile(const struct settings *settings, unsigned number);

/* The highest number of a profile that a socket can be given. */
unsigned settings_last_profile(const struct settings *settings);

/*
 * Whether a profile that switches keepalive on, the host's included, leaves idle, interval or count
 * to the kernel.
 */
bool settings_leave_to_kernel(const struct settings *settings);

/*
 * Whether a socket that has one profile may later get another, because of its role, peer or port.
 */
bool settings_differ(const struct settings *settings);

/* Whether a rule for this role needs the peer, or the port. */
bool settings_ask_peer(const struct settings *settings, enum role role);
bool settings_ask_port(const struct settings *settings, enum role role);

#endif
