/*
 * decide: which options of a socket are set, and who wins if the program or somebody else has set
 * them: keepalive-shim(7), WHO WINS. The preload, supervision, `attach` and `cgroup` all ask here,
 * so that they give the same answer.
 *
 * Sets of options are bits, 1 << enum sockopt.
 */
#ifndef KEEPALIVE_DECIDE_H
#define KEEPALIVE_DECIDE_H

#include "endpoint.h"
#include "settings.h"

enum { OPTIONS_ALL = (1 << OPTIONS) - 1 };

/* In place of a profile's number: the socket was not seen before. */
enum { PROFILE_UNSEEN = 0xff };

/* The options of one socket as getsockopt(2) returns them; VALUE_UNKNOWN for those it does not. */
struct values {
	int32_t value[OPTIONS];
};

/*
 * Whether a socket's value is the wanted one. An option that MPTCP, or a kernel without it, does not
 * return counts as equal; so does any value if none is wanted, unless 0 is one.
 */
static inline bool is_value(enum sockopt option, int32_t wanted, int32_t now)
{
	bool may_lack = option == OPTION_USER_TIMEOUT || option == OPTION_RTO_MAX;

	/* The kernel stores it in ticks of 1 to 10 ms, rounded up: net/ipv4/tcp.c */
	if (option == OPTION_RTO_MAX && wanted && now - wanted < 10 && now >= wanted)
		return true;

	if (!wanted && option != OPTION_USER_TIMEOUT && option != OPTION_KEEPALIVE)
		return true;
	return now == wanted || (may_lack && now == VALUE_UNKNOWN);
}

/*
 * What is known of a socket: the profile that we gave it, and the options that somebody else set.
 */
struct standing {
	unsigned given; /* number of the profile, PROFILE_NONE for nothing: settings_profile() */
	unsigned owned; /* options that the program, or whoever came first, set */
	bool held;      /* the program's own user timeout keeps that profile away */
};

/*
 * The standing of a socket of which only the values are known. given: the number of the profile
 * that we gave it, PROFILE_NONE if we left it alone, PROFILE_UNSEEN if it was not seen before.
 * own: options that are known to be the program's, whose values show nothing about the others.
 * kernel: the values of a new socket, which replace those that a profile leaves to the kernel; may
 * be 0 if no profile does.
 *
 * A socket that has keepalive on and all values of one of our profiles, or of the defaults, is
 * taken to have them from us, whichever process set them. One that has keepalive on with other
 * values was configured by somebody else. One that has keepalive off, and otherwise values of ours
 * that differ from a new socket's, was switched off by somebody else.
 */
struct standing standing_of(const struct settings *settings, unsigned given, unsigned own,
			    const struct values *now, const struct values *kernel);

/*
 * Whether keepalive is off, and the other options have values of ours, so that only the kernel's
 * values tell whether it is a new socket or one that was switched off.
 */
bool may_be_switched_off(const struct settings *settings, const struct values *now,
			 const struct values *kernel);

/*
 * Whether the socket has each value that the profile does not leave to the kernel, as far as the
 * kernel rounds it and returns it.
 */
static inline bool has_values_of(const struct profile *profile, const struct values *now)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i] && !is_value(i, profile->value[i], now->value[i]))
			return false;
	}
	return true;
}

/*
 * The options that a profile with mode=force keeps the program from changing, which are those that
 * the profile does not leave to the kernel. 0 with mode=respect.
 */
unsigned forced_by(const struct profile *profile);

/*
 * The options that must be set to change a socket from the profile `from` to the profile `to`. Set
 * each to its value in `to`; 0 means to restore the kernel's value. An option in owned is not
 * touched unless `to` has mode=force, which replaces it by a value but never restores the kernel's.
 */
unsigned decide(const struct profile *from, const struct profile *to, unsigned owned);

/*
 * Whether the program's own TCP_USER_TIMEOUT is too short for the profile. It replaces the count
 * (tcp(7)): if it is below idle + 2 x interval, as the socket would have them with the profile, one
 * lost probe would end a healthy connection. Such a socket is left as the program made it,
 * keepalive included. Of now, only owned options are used; VALUE_UNKNOWN counts as too short.
 */
bool timeout_forbids(const struct profile *profile, unsigned owned, const struct values *now,
		     const struct values *kernel);

/* What to do with a socket of which only the values are known, and its standing afterwards. */
struct decision {
	struct standing before, after;
	unsigned set; /* the options to set, without those that have the right value already */
	struct values setting; /* their values: the kernel's for an option that is restored */
};

/*
 * decide() for the profile with this number, for a socket whose standing is found by standing_of().
 */
struct decision decide_by_values(const struct settings *settings, unsigned given, unsigned number,
				 const struct values *now, const struct values *kernel);

/* The same for a socket whose standing is known. */
struct decision decide_from(const struct settings *settings, struct standing before,
			    unsigned number, const struct values *now, const struct values *kernel);

/*
 * The number of the profile for a socket in this role: settings_match() for the ends of its
 * connection. Rules match the service's port, which is the peer's for a client. If there is no peer
 * (a listener), or it is not known yet, its family is ADDRESS_NONE.
 */
unsigned profile_for(const struct settings *settings, enum role role, const struct endpoint *local,
		     const struct endpoint *peer);

#endif
