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

enum { RULES_MAX = 64, LOG_PATH_MAX = 4096 }; /* LOG_PATH_MAX: with its end, as PATH_MAX */

/* One rule whose program= matched. What it selects by, and the whole profile it stands for. */
struct rule {
	struct profile profile;
	struct network peer;            /* family ADDRESS_NONE: any */
	uint16_t port_first, port_last; /* 0, 0: any */
	uint8_t roles;                  /* enum role bits */
	uint8_t number;                 /* as the user counts, from 1 */
};

struct settings {
	bool on;
	uint8_t role;          /* enum role bits: which sockets are touched at all */
	uint8_t log;           /* enum log_target */
	uint8_t rules;         /* how many of rule[] hold */
	bool by_program;       /* some rule has program=, be it for this program or another */
	struct profile base;   /* the plain variables */
	struct profile preset; /* what they are if none is set */
	struct profile host;   /* what they are by the host's file alone */
	const char *log_path;  /* for LOG_PATH: the variable's text itself */
	struct rule rule[RULES_MAX];
};

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
 * The profile with that number. For 0 it is all zero. PROFILE_PRESET and PROFILE_HOST are none that
 * a socket gets, but such as it may have from another process of ours. Never NULL.
 */
const struct profile *settings_profile(const struct settings *settings, unsigned number);

/* The highest number of a profile that sockets get. */
unsigned settings_last_profile(const struct settings *settings);

/*
 * Whether a profile that switches keepalive on, the host's included, leaves idle, interval or count
 * to the kernel.
 */
bool settings_leave_to_kernel(const struct settings *settings);

/*
 * Whether a socket that has one profile may come to get another, by its role, its peer or its port.
 */
bool settings_differ(const struct settings *settings);

/* Whether a rule for this role asks for the peer, or for the port. */
bool settings_ask_peer(const struct settings *settings, enum role role);
bool settings_ask_port(const struct settings *settings, enum role role);

#endif
