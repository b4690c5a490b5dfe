/*
 * decide: who wins. One answer for the preload, for supervision, for `attach` and for every other
 * way by which a socket gets its options: keepalive-shim(7), WHO WINS.
 *
 * Options are named by bits, 1 << enum sockopt.
 */
#ifndef KEEPALIVE_DECIDE_H
#define KEEPALIVE_DECIDE_H

#include "endpoint.h"
#include "settings.h"

enum { OPTIONS_ALL = (1 << OPTIONS) - 1 };

/* In place of a profile's number: the socket was not seen before. */
enum { PROFILE_UNSEEN = 0xff };

/* The options of one socket as getsockopt(2) returns them; VALUE_UNKNOWN for what it does not. */
struct values {
	int32_t value[OPTIONS];
};

/* Where a socket stands: what we gave it, and which options somebody else has set. */
struct standing {
	unsigned given; /* number of the profile, PROFILE_NONE for nothing: settings_profile() */
	unsigned
		owned; /* options of the program's, or of whoever configured the socket before us */
	bool held;     /* the program's own user timeout keeps that profile away */
};

/*
 * Where a socket stands that is known by its values only. given is the profile that we gave it,
 * PROFILE_NONE if we left it alone, PROFILE_UNSEEN if it was not seen before. kernel is what a new
 * socket has, in place of the values that a profile leaves to the kernel; 0 there if that was not
 * asked for, since no profile does.
 *
 * A socket that has keepalive on and all the values of a profile of ours, or of the defaults, has
 * it from us, whichever process set it. One that has keepalive on with other values was configured
 * by somebody else.
 */
struct standing standing_of(const struct settings *settings, unsigned given,
			    const struct values *now, const struct values *kernel);

/*
 * The options that a profile with mode=force keeps the program from changing; what it leaves to the
 * kernel is the program's. 0 with respect.
 */
unsigned forced_by(const struct profile *profile);

/*
 * The options that must be set for a socket that has the profile `from` to get the profile `to`.
 * Set each to its value in `to`; 0 means to give the option back to the kernel. An option in owned
 * stays as it is unless `to` has mode=force, which replaces it by a value but never by "kernel".
 */
unsigned decide(const struct profile *from, const struct profile *to, unsigned owned);

/*
 * Whether a program's own TCP_USER_TIMEOUT keeps the profile from a socket. It takes the place of
 * the count (tcp(7)): if it is below idle + 2 x interval, as the socket would have them with the
 * profile, one lost probe would end a healthy connection. Such a socket is left as the program made
 * it, keepalive included. now: only what is owned is looked at, and VALUE_UNKNOWN may be too short.
 */
bool timeout_forbids(const struct profile *profile, unsigned owned, const struct values *now,
		     const struct values *kernel);

/* What is to be done with a socket that is known by its values, and where it stands afterwards. */
struct decision {
	struct standing before, after;
	unsigned set; /* the options to set; those that are right already are not among them */
	struct values
		setting; /* to what: the kernel's value for an option that is given back to it */
};

/* decide() for the profile with that number, for a socket where standing_of() knows it to stand. */
struct decision decide_by_values(const struct settings *settings, unsigned given, unsigned number,
				 const struct values *now, const struct values *kernel);

/*
 * The number of the profile for a socket in this role: settings_match() with the ends of the
 * connection. Rules ask for the service's port, which is the peer's for a client. A listener, or a
 * socket whose peer is not known yet, has a peer of family ADDRESS_NONE.
 */
unsigned profile_for(const struct settings *settings, enum role role, const struct endpoint *local,
		     const struct endpoint *peer);

#endif
