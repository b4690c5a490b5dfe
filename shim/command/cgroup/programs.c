/*
 * programs: generates the BPF programs for the settings.
 *
 * The functions emit_...() append instructions. Their comments say what these do when the kernel runs
 * them: "loads", "sets" and "jumps" are the program's actions.
 */
#include "cgroup/programs.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

#include "base/array.h"
#include "sockopt_names.h"

static const struct {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
} kinds[PROGRAMS] = {
	[PROGRAM_SETSOCKOPT] = { "setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT,
				 BPF_CGROUP_SETSOCKOPT },
	[PROGRAM_SOCK_OPS] = { "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	[PROGRAM_CONNECT4] = { "connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			       BPF_CGROUP_INET4_CONNECT },
	[PROGRAM_CONNECT6] = { "connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			       BPF_CGROUP_INET6_CONNECT },
	[PROGRAM_SOCK_CREATE] = { "sock_create", BPF_PROG_TYPE_CGROUP_SOCK,
				  BPF_CGROUP_INET_SOCK_CREATE },
};

const char *program_name(enum program_kind kind)
{
	return kinds[kind].name;
}

enum bpf_attach_type program_attach_type(enum program_kind kind)
{
	return kinds[kind].attach;
}

enum bpf_prog_type program_type(enum program_kind kind)
{
	return kinds[kind].type;
}

/* R1 to R5 are arguments and do not survive calls; R0 is the result. */
enum {
	RESULT = BPF_REG_0,
	CONTEXT = BPF_REG_6,
	SOCKET = BPF_REG_7,
	PORT = BPF_REG_8,     /* the service's, as settings_match() takes it */
	ENTRY = BPF_REG_8,    /* what is stored with the socket; before PORT is needed */
	WAS_ON = BPF_REG_9,   /* SO_KEEPALIVE as it was found */
	ARGUMENT = BPF_REG_9, /* of the application's setsockopt() */
	STACK = BPF_REG_10,
};

/* The peer's address, in memory order. An IPv4 one, mapped or not, is in the first. */
enum { WORD = BPF_REG_1 };

/* Variables: their offsets in the stack, 32 bits each. */
enum {
	VALUE = -4,         /* for the socket option calls */
	GIVEN = -8,         /* what becomes ENTRY_GIVEN */
	HELD = -12,         /* what becomes ENTRY_HELD */
	IDLE_NOW = -16,     /* the socket's idle time and interval once the values are set, */
	INTERVAL_NOW = -20, /* which a user timeout is compared with */
	OPEN = -24,         /* whether idle time, interval or count is still that of a new socket */
	FOREIGN = -28,      /* whether another group's programs have decided about the socket */
	WANTED = -52,       /* the values to set, one for each option; 0: do not set it */
	OWNED = -56,        /* the options that somebody else has set: bits; or OWNED_UNKNOWN */
};

/* Keepalive is on, but the application has not been seen to set anything. */
enum { OWNED_UNKNOWN = 1 << OPTIONS };

struct emitter {
	struct assembly *assembly;
	const struct emission *emission;
	const struct settings *settings;
	/* Whether any of the profiles has mode=force; mode=respect; mode=respect and off. */
	bool may_force, may_respect, may_leave;
	bool remembers;   /* an entry is made although the application has set nothing */
	label out, apply; /* the end; the code of emit_apply() */
	label profile[PROFILE_RULE + RULES_MAX];
	bool used[PROFILE_RULE + RULES_MAX];
};

static const struct profile *profile_at(const struct emitter *emitter, unsigned number)
{
	return settings_profile(emitter->settings, number);
}

static unsigned profiles(const struct settings *settings)
{
	return PROFILE_RULE + settings->rules;
}

static bool asks_client(const struct settings *settings)
{
	return settings->role & ROLE_CLIENT && (settings_ask_peer(settings, ROLE_CLIENT) ||
						settings_ask_port(settings, ROLE_CLIENT));
}

bool programs_arm_listeners(const struct settings *settings)
{
	return !settings_ask_peer(settings, ROLE_SERVER);
}

/*
 * If one profile applies to all sockets, and nothing is held, a socket can get its values before
 * its peer is known.
 */
static bool arms_at_creation(const struct settings *settings)
{
	return settings->rules == 0 && settings->role == ROLE_BOTH && !settings->base.force;
}

bool program_is_needed(const struct settings *settings, enum program_kind kind)
{
	return (kind != PROGRAM_CONNECT4 && kind != PROGRAM_CONNECT6) ||
	       settings->role & ROLE_CLIENT;
}

/* Loads the option into VALUE; jumps to failed if the socket does not have it. */
static void emit_get(const struct emitter *emitter, enum sockopt option, label failed)
{
	emit_sockopt(emitter->assembly, BPF_FUNC_getsockopt, option, CONTEXT, STACK, VALUE);
	emit_jump_if(emitter->assembly, BPF_JNE, RESULT, 0, failed);
}

/* Sets the option to VALUE; RESULT is 0 on success. */
static void emit_put(const struct emitter *emitter, enum sockopt option)
{
	emit_sockopt(emitter->assembly, BPF_FUNC_setsockopt, option, CONTEXT, STACK, VALUE);
}

/* RESULT becomes the storage of SOCKET in the map, or NULL. */
static void emit_storage(const struct emitter *emitter, int map, uint32_t flags)
{
	struct assembly *assembly = emitter->assembly;

	emit_map(assembly, BPF_REG_1, map);
	emit_move(assembly, BPF_REG_2, SOCKET);
	emit_set(assembly, BPF_REG_3, 0);
	emit_set(assembly, BPF_REG_4, (int32_t)flags);
	emit_call(assembly, BPF_FUNC_sk_storage_get);
}

static void emit_entry(const struct emitter *emitter, uint32_t flags)
{
	emit_storage(emitter, emitter->emission->socket_map, flags);
}

static void load_entry(struct assembly *assembly, int to, int base, unsigned word)
{
	emit_load(assembly, BPF_W, to, base, (int)word * 4);
}

/*
 * Restores a new socket's value of an option that our programs set for another peer. One that has
 * another value now was changed by the application: it stays, and if it is SO_KEEPALIVE, jumps to
 * changed.
 */
static void emit_take_back(const struct emitter *emitter, enum sockopt option, label changed)
{
	struct assembly *assembly = emitter->assembly;
	label skip = label_new(assembly);

	load_entry(assembly, BPF_REG_1, ENTRY, ENTRY_GIVEN);
	emit_number(assembly, BPF_AND, BPF_REG_1, 1U << option);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, skip);
	emit_get(emitter, option, skip);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, VALUE);
	load_entry(assembly, BPF_REG_2, ENTRY, ENTRY_VALUE + option);
	emit_jump_if_register(assembly, BPF_JNE, BPF_REG_1, BPF_REG_2,
			      option == OPTION_KEEPALIVE ? changed : skip);
	emit_store_number(assembly, STACK, VALUE,
			  (uint32_t)emitter->emission->untouched->in[0].value[option]);
	emit_put(emitter, option);
	emit_label(assembly, skip);
}

enum event { EVENT_CONNECT, EVENT_SOCK_OPS };

/* Ends: what was set at creation stays, unless the application has set a user timeout since. */
static void emit_still_holds(const struct emitter *emitter)
{
	emit_get(emitter, OPTION_USER_TIMEOUT, emitter->out);
	emit_load(emitter->assembly, BPF_W, BPF_REG_1, STACK, VALUE);
	emit_jump_if(emitter->assembly, BPF_JEQ, BPF_REG_1,
		     (uint32_t)emitter->settings->base.value[OPTION_USER_TIMEOUT], emitter->out);
}

static void load_event(struct assembly *assembly)
{
	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sock_ops, op));
}

/*
 * Handles what is stored with the socket from an earlier event. If it is from another group, ends,
 * unless that group has mode=respect and ours may have mode=force. If it is from our own, the
 * socket connects again, or listens now: restores the options that it was given, so that they are
 * decided anew.
 */
static void emit_settled(const struct emitter *emitter, enum event event)
{
	struct assembly *assembly = emitter->assembly;
	label fresh = label_new(assembly), ours = label_new(assembly);

	emit_store_number(assembly, STACK, FOREIGN, 0);
	emit_entry(emitter, 0);
	emit_jump_if_null(assembly, RESULT, fresh);
	load_entry(assembly, BPF_REG_1, RESULT, ENTRY_OWNER);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, emitter->emission->owner, ours);
	if (!emitter->may_force) {
		emit_jump(assembly, emitter->out);
	} else {
		load_entry(assembly, BPF_REG_1, RESULT, ENTRY_HELD);
		emit_jump_if(assembly, BPF_JNE, BPF_REG_1, 0, emitter->out);
		emit_store_number(assembly, STACK, FOREIGN, 1);
		emit_jump(assembly, fresh);
	}
	emit_label(assembly, ours);
	if (event == EVENT_SOCK_OPS) {
		load_event(assembly);
		emit_jump_if(assembly, BPF_JNE, BPF_REG_1, BPF_SOCK_OPS_TCP_LISTEN_CB,
			     emitter->out);
	}
	emit_move(assembly, ENTRY, RESULT);
	if (arms_at_creation(emitter->settings))
		emit_still_holds(emitter);
	emit_take_back(emitter, OPTION_KEEPALIVE, emitter->out);
	for (unsigned i = 0; i < NUMBERS; i++)
		emit_take_back(emitter, i, emitter->out);
	emit_store_number(assembly, ENTRY, ENTRY_HELD * 4, 0);
	emit_store_number(assembly, ENTRY, ENTRY_GIVEN * 4, 0);
	emit_label(assembly, fresh);
}

static void emit_was_on(const struct emitter *emitter)
{
	emit_get(emitter, OPTION_KEEPALIVE, emitter->out);
	emit_load(emitter->assembly, BPF_W, WAS_ON, STACK, VALUE);
}

/*
 * Loads OWNED. A socket of which nothing is noted is new, unless keepalive is on: then it has values
 * from its listener or its MPTCP socket, or is older than the programs.
 */
static void emit_owned(const struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	label none = label_new(assembly), known = label_new(assembly);

	emit_storage(emitter, emitter->emission->owned_map, 0);
	emit_jump_if_null(assembly, RESULT, none);
	emit_load(assembly, BPF_W, BPF_REG_1, RESULT, 0);
	emit_jump(assembly, known);
	emit_label(assembly, none);
	emit_set(assembly, BPF_REG_1, 0);
	emit_jump_if(assembly, BPF_JEQ, WAS_ON, 0, known);
	emit_set(assembly, BPF_REG_1, OWNED_UNKNOWN);
	emit_label(assembly, known);
	emit_store(assembly, BPF_W, STACK, OWNED, BPF_REG_1);
}

/* Where in the context the peer is. */
enum peer { PEER_UNKNOWN, PEER_CONNECT4, PEER_CONNECT6, PEER_SOCK_OPS };

/* Jumps to no if the address in the registers from WORD on is not in the network. */
static void emit_network(struct assembly *assembly, const struct network *network, label no)
{
	unsigned words = network->address.family == ADDRESS_IPV4 ? 1 : 4;

	for (unsigned i = 0; i < words; i++) {
		uint32_t mask, wanted;

		memcpy(&mask, network->mask.bytes + 4 * (size_t)i, sizeof(mask));
		memcpy(&wanted, network->address.bytes + 4 * (size_t)i, sizeof(wanted));
		if (!mask)
			continue;
		if (mask == UINT32_MAX) {
			emit_jump_if(assembly, BPF_JNE, WORD + (int)i, wanted, no);
			continue;
		}
		emit_move(assembly, RESULT, WORD + (int)i);
		emit_number(assembly, BPF_AND, RESULT, mask);
		emit_jump_if(assembly, BPF_JNE, RESULT, wanted & mask, no);
	}
}

static void emit_ports(struct assembly *assembly, const struct rule *rule, label no)
{
	if (rule->port_first == rule->port_last) {
		emit_jump_if(assembly, BPF_JNE, PORT, rule->port_first, no);
		return;
	}
	emit_jump_if(assembly, BPF_JLT, PORT, rule->port_first, no);
	emit_jump_if(assembly, BPF_JGT, PORT, rule->port_last, no);
}

/* The label of the code for this profile; equal profiles share it. */
static label profile_label(struct emitter *emitter, unsigned number)
{
	unsigned i = PROFILE_BASE;

	while (!profile_is_same(profile_at(emitter, i), profile_at(emitter, number)))
		i++;
	emitter->used[i] = true;
	return emitter->profile[i];
}

/* Does what settings_match() does, for a peer of this family: jumps to the code for the profile. */
static void emit_rules(struct emitter *emitter, enum role role, enum address_family family)
{
	struct assembly *assembly = emitter->assembly;
	const struct settings *settings = emitter->settings;

	for (unsigned i = 0; i < settings->rules; i++) {
		const struct rule *rule = &settings->rule[i];
		label no;

		if (!(rule->roles & role) ||
		    (rule->peer.address.family && rule->peer.address.family != family))
			continue;
		no = label_new(assembly);
		if (rule->port_last)
			emit_ports(assembly, rule, no);
		if (rule->peer.address.family)
			emit_network(assembly, &rule->peer, no);
		emit_jump(assembly, profile_label(emitter, PROFILE_RULE + i));
		emit_label(assembly, no);
		/* The verifier refuses instructions that cannot be reached. */
		if (!rule->port_last && !rule->peer.bits)
			return;
	}
	emit_jump(assembly, profile_label(emitter, PROFILE_BASE));
}

static void emit_ipv4_rules(struct emitter *emitter, enum role role)
{
	struct assembly *assembly = emitter->assembly;
	label named = label_new(assembly);

	/* Connecting to 0.0.0.0 connects to this machine: ip(7). */
	emit_jump_if(assembly, BPF_JNE, WORD, 0, named);
	emit_set(assembly, WORD, (int32_t)htonl(INADDR_LOOPBACK));
	emit_label(assembly, named);
	emit_rules(emitter, role, ADDRESS_IPV4);
}

/* The address is in four registers; it may be a mapped one, or ::, which means this machine. */
static void emit_ipv6_rules(struct emitter *emitter, enum role role)
{
	struct assembly *assembly = emitter->assembly;
	label unmapped = label_new(assembly), named = label_new(assembly);

	emit_jump_if(assembly, BPF_JNE, WORD, 0, named);
	emit_jump_if(assembly, BPF_JNE, WORD + 1, 0, named);
	emit_jump_if(assembly, BPF_JNE, WORD + 2, htonl(0xffff), unmapped);
	emit_move(assembly, WORD, WORD + 3);
	emit_ipv4_rules(emitter, role);
	emit_label(assembly, unmapped);
	emit_jump_if(assembly, BPF_JNE, WORD + 2, 0, named);
	emit_jump_if(assembly, BPF_JNE, WORD + 3, 0, named);
	emit_set(assembly, WORD + 3, (int32_t)htonl(1));
	emit_label(assembly, named);
	emit_rules(emitter, role, ADDRESS_IPV6);
}

static void load_words(struct assembly *assembly, int words, int offset)
{
	for (int i = 0; i < words; i++)
		emit_load(assembly, BPF_W, WORD + i, CONTEXT, offset + 4 * i);
}

static void load_port(struct emitter *emitter, enum role role, enum peer from)
{
	struct assembly *assembly = emitter->assembly;

	if (from == PEER_CONNECT4 || from == PEER_CONNECT6) {
		emit_load(assembly, BPF_W, PORT, CONTEXT,
			  offsetof(struct bpf_sock_addr, user_port));
		emit_swap_port(assembly, PORT);
	} else if (role == ROLE_SERVER) {
		emit_load(assembly, BPF_W, PORT, CONTEXT,
			  offsetof(struct bpf_sock_ops, local_port));
	} else {
		/* In network order, in the half that is the upper one on little-endian machines. */
		emit_load(assembly, BPF_W, PORT, CONTEXT,
			  offsetof(struct bpf_sock_ops, remote_port));
		if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
			emit_number(assembly, BPF_RSH, PORT, 16);
		emit_swap_port(assembly, PORT);
	}
}

/* Jumps to the code for the profile of a socket in this role. */
static void emit_match(struct emitter *emitter, enum role role, enum peer from)
{
	struct assembly *assembly = emitter->assembly;
	const struct settings *settings = emitter->settings;
	label ipv6;

	if (!(settings->role & role)) {
		emit_jump(assembly, emitter->out);
		return;
	}
	if (settings_ask_port(settings, role))
		load_port(emitter, role, from);
	if (from == PEER_UNKNOWN || !settings_ask_peer(settings, role)) {
		emit_rules(emitter, role, ADDRESS_NONE);
		return;
	}
	if (from == PEER_CONNECT4) {
		load_words(assembly, 1, offsetof(struct bpf_sock_addr, user_ip4));
		emit_ipv4_rules(emitter, role);
		return;
	}
	if (from == PEER_CONNECT6) {
		load_words(assembly, 4, offsetof(struct bpf_sock_addr, user_ip6));
		emit_ipv6_rules(emitter, role);
		return;
	}
	ipv6 = label_new(assembly);
	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sock_ops, family));
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, AF_INET, ipv6);
	load_words(assembly, 1, offsetof(struct bpf_sock_ops, remote_ip4));
	emit_ipv4_rules(emitter, role);
	emit_label(assembly, ipv6);
	load_words(assembly, 4, offsetof(struct bpf_sock_ops, remote_ip6));
	emit_ipv6_rules(emitter, role);
}

/* Stores the profile in WANTED and HELD. */
static void emit_profile(const struct emitter *emitter, const struct profile *profile)
{
	struct assembly *assembly = emitter->assembly;

	for (unsigned i = 0; i < OPTIONS; i++)
		emit_store_number(assembly, STACK, WANTED + 4 * (int)i,
				  (uint32_t)profile->value[i]);
	emit_store_number(assembly, STACK, HELD, forced_by(profile));
}

/* The code for each profile that is jumped to. */
static void emit_profiles(struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;

	for (unsigned i = PROFILE_BASE; i < profiles(emitter->settings); i++) {
		const struct profile *profile = profile_at(emitter, i);

		if (!emitter->used[i])
			continue;
		emit_label(assembly, emitter->profile[i]);
		emit_profile(emitter, profile);
		emit_jump(assembly, emitter->apply);
	}
}

/* Anybody may make namespaces with values of their own; the programs must not become too long. */
enum { VALUES_MAX = 256 };

/*
 * Jumps to untouched if nobody has set the option. Where that is not known, VALUE tells, by the
 * values that new sockets had when the programs were made.
 */
static void emit_is_untouched(const struct emitter *emitter, enum sockopt option, label untouched)
{
	struct assembly *assembly = emitter->assembly;
	const struct untouched *known = emitter->emission->untouched;
	label theirs = label_new(assembly), unknown = label_new(assembly);

	emit_load(assembly, BPF_W, BPF_REG_1, STACK, OWNED);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, OWNED_UNKNOWN, unknown);
	emit_jump_if(assembly, BPF_JSET, BPF_REG_1, 1U << option, theirs);
	emit_jump(assembly, untouched);
	emit_label(assembly, unknown);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, VALUE);
	for (size_t i = 0; i < known->count && i < VALUES_MAX; i++) {
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again = again || known->in[j].value[option] == known->in[i].value[option];
		if (!again)
			emit_jump_if(assembly, BPF_JEQ, BPF_REG_1,
				     (uint32_t)known->in[i].value[option], untouched);
	}
	emit_label(assembly, theirs);
}

/*
 * Stores in now the profile's value, or the socket's if the profile leaves it to the kernel. The
 * user timeout is compared with it.
 */
static void emit_now(const struct emitter *emitter, int wanted, int now)
{
	struct assembly *assembly = emitter->assembly;
	label ours = label_new(assembly);

	emit_load(assembly, BPF_W, BPF_REG_1, STACK, wanted);
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, 0, ours);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, VALUE);
	emit_label(assembly, ours);
	emit_store(assembly, BPF_W, STACK, now, BPF_REG_1);
}

/* If somebody has set the option, it stays: no value is wanted for it. */
static void emit_respect(const struct emitter *emitter, enum sockopt option)
{
	struct assembly *assembly = emitter->assembly;
	int wanted = WANTED + 4 * (int)option;
	label theirs = label_new(assembly), untouched = label_new(assembly),
	      next = label_new(assembly);

	emit_get(emitter, option, theirs);
	if (option == OPTION_IDLE || option == OPTION_INTERVAL)
		emit_now(emitter, wanted, option == OPTION_IDLE ? IDLE_NOW : INTERVAL_NOW);
	emit_is_untouched(emitter, option, untouched);
	emit_label(assembly, theirs);
	emit_store_number(assembly, STACK, wanted, 0);
	emit_jump(assembly, next);
	emit_label(assembly, untouched);
	emit_store_number(assembly, STACK, OPEN, 1);
	emit_label(assembly, next);
}

/*
 * The application's own user timeout takes the place of the count: if it is shorter than idle + 2 x
 * interval, one lost probe would end an idle connection. Then ends, and nothing is set.
 */
static void emit_respect_user_timeout(const struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	label unset = label_new(assembly);

	emit_get(emitter, OPTION_USER_TIMEOUT, unset);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, VALUE);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, unset);
	emit_load(assembly, BPF_W, BPF_REG_2, STACK, INTERVAL_NOW);
	emit_number(assembly, BPF_LSH, BPF_REG_2, 1);
	emit_load(assembly, BPF_W, BPF_REG_3, STACK, IDLE_NOW);
	emit_register(assembly, BPF_ADD, BPF_REG_2, BPF_REG_3);
	emit_number(assembly, BPF_MUL, BPF_REG_2, 1000);
	emit_jump_if_register(assembly, BPF_JLT, BPF_REG_1, BPF_REG_2, emitter->out);
	emit_store_number(assembly, STACK, WANTED + 4 * OPTION_USER_TIMEOUT, 0);
	emit_label(assembly, unset);
}

/* If the application has switched keepalive on or off, it stays so. */
static void emit_respect_switch(const struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	label next = label_new(assembly);

	emit_load(assembly, BPF_W, BPF_REG_1, STACK, OWNED);
	emit_number(assembly, BPF_AND, BPF_REG_1, 1U << OPTION_KEEPALIVE);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, next);
	emit_store(assembly, BPF_W, STACK, WANTED + 4 * OPTION_KEEPALIVE, WAS_ON);
	emit_label(assembly, next);
}

static bool some_value(const struct emitter *emitter, enum sockopt option)
{
	for (unsigned i = PROFILE_BASE; i < profiles(emitter->settings); i++) {
		if (emitter->used[i] && profile_at(emitter, i)->value[option])
			return true;
	}
	return false;
}

static void emit_set_wanted(const struct emitter *emitter, enum sockopt option)
{
	struct assembly *assembly = emitter->assembly;
	label next = label_new(assembly);

	emit_load(assembly, BPF_W, BPF_REG_1, STACK, WANTED + 4 * (int)option);
	if (option == OPTION_KEEPALIVE)
		emit_jump_if_register(assembly, BPF_JEQ, BPF_REG_1, WAS_ON, next);
	else
		emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, next);
	emit_store(assembly, BPF_W, STACK, VALUE, BPF_REG_1);
	emit_put(emitter, option);
	emit_jump_if(assembly, BPF_JNE, RESULT, 0, next);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, GIVEN);
	emit_number(assembly, BPF_OR, BPF_REG_1, 1U << option);
	emit_store(assembly, BPF_W, STACK, GIVEN, BPF_REG_1);
	emit_label(assembly, next);
}

static void emit_remember(const struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;

	emit_entry(emitter, BPF_SK_STORAGE_GET_F_CREATE);
	emit_jump_if_null(assembly, RESULT, emitter->out);
	emit_store_number(assembly, RESULT, ENTRY_OWNER * 4, emitter->emission->owner);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, HELD);
	emit_store(assembly, BPF_W, RESULT, ENTRY_HELD * 4, BPF_REG_1);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, GIVEN);
	emit_store(assembly, BPF_W, RESULT, ENTRY_GIVEN * 4, BPF_REG_1);
	for (unsigned i = 0; i < OPTIONS; i++) {
		emit_load(assembly, BPF_W, BPF_REG_1, STACK, WANTED + 4 * (int)i);
		emit_store(assembly, BPF_W, RESULT, (ENTRY_VALUE + (int)i) * 4, BPF_REG_1);
	}
}

/*
 * Leaves in WANTED what nobody has set. If keepalive is on and somebody has set idle time, interval
 * and count, ends: the socket was configured as a whole, by the application, a preload, an inner
 * group, or by us, on the listener.
 */
static void emit_respect_all(const struct emitter *emitter, label settle)
{
	struct assembly *assembly = emitter->assembly;
	label open = label_new(assembly);

	if (emitter->may_force) {
		emit_load(assembly, BPF_W, BPF_REG_1, STACK, FOREIGN);
		emit_jump_if(assembly, BPF_JNE, BPF_REG_1, 0, emitter->out);
	}
	if (emitter->may_leave) {
		emit_load(assembly, BPF_W, BPF_REG_1, STACK, WANTED + 4 * OPTION_KEEPALIVE);
		emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, settle);
	}
	for (unsigned i = 0; i <= OPTION_COUNT; i++)
		emit_respect(emitter, i);
	emit_jump_if(assembly, BPF_JEQ, WAS_ON, 0, open);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, OPEN);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, emitter->out);
	emit_label(assembly, open);
	emit_respect_user_timeout(emitter);
	if (some_value(emitter, OPTION_RTO_MAX))
		emit_respect(emitter, OPTION_RTO_MAX);
	emit_respect_switch(emitter);
}

/* Sets the options of a socket whose profile is in WANTED and HELD, and stores the entry. */
static void emit_apply(const struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	label set = label_new(assembly), settle = label_new(assembly),
	      remember = label_new(assembly);

	emit_label(assembly, emitter->apply);
	emit_store_number(assembly, STACK, GIVEN, 0);
	emit_store_number(assembly, STACK, OPEN, 0);
	emit_store_number(assembly, STACK, IDLE_NOW, 0);
	emit_store_number(assembly, STACK, INTERVAL_NOW, 0);
	if (emitter->may_force) {
		emit_load(assembly, BPF_W, BPF_REG_1, STACK, HELD);
		emit_jump_if(assembly, BPF_JNE, BPF_REG_1, 0, set);
	}
	if (emitter->may_respect)
		emit_respect_all(emitter, settle);
	emit_label(assembly, set);
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (i == OPTION_KEEPALIVE || some_value(emitter, i))
			emit_set_wanted(emitter, i);
	}
	if (!emitter->remembers) {
		emit_load(assembly, BPF_W, BPF_REG_1, STACK, OWNED);
		emit_load(assembly, BPF_W, BPF_REG_2, STACK, HELD);
		emit_register(assembly, BPF_OR, BPF_REG_1, BPF_REG_2);
		emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, emitter->out);
	}
	if (emitter->may_leave) {
		emit_jump(assembly, remember);
		emit_label(assembly, settle);
		emit_store_number(assembly, STACK, HELD, ENTRY_SETTLED);
	}
	emit_label(assembly, remember);
	emit_remember(emitter);
}

/*
 * What all events have in common. SOCKET is set; roles() emits the jumps to the profiles.
 */
static void emit_decide(struct emitter *emitter, enum event event,
			void roles(struct emitter *emitter))
{
	emit_settled(emitter, event);
	emit_was_on(emitter);
	emit_owned(emitter);
	roles(emitter);
	emit_profiles(emitter);
	emit_apply(emitter);
}

/* Ends unless type and protocol, fields of the context, are those of TCP. */
static void emit_is_tcp(const struct emitter *emitter, int type, int protocol)
{
	struct assembly *assembly = emitter->assembly;

	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, type);
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, SOCK_STREAM, emitter->out);
	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, protocol);
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, IPPROTO_TCP, emitter->out);
}

static void connect4_roles(struct emitter *emitter)
{
	emit_match(emitter, ROLE_CLIENT, PEER_CONNECT4);
}

static void connect6_roles(struct emitter *emitter)
{
	emit_match(emitter, ROLE_CLIENT, PEER_CONNECT6);
}

static void emit_connect(struct emitter *emitter, void roles(struct emitter *emitter))
{
	struct assembly *assembly = emitter->assembly;

	emit_is_tcp(emitter, offsetof(struct bpf_sock_addr, type),
		    offsetof(struct bpf_sock_addr, protocol));
	emit_load(assembly, BPF_DW, SOCKET, CONTEXT, offsetof(struct bpf_sock_addr, sk));
	emit_decide(emitter, EVENT_CONNECT, roles);
}

/*
 * Leaves a listener alone. The entry makes outer groups do so too: their values on the listener would
 * pass to what it accepts, and hide whether the application has set any.
 */
static void emit_leave_listener(struct emitter *emitter)
{
	static const struct profile none = { .force = false };
	struct assembly *assembly = emitter->assembly;

	if (emitter->settings->role & ROLE_SERVER) {
		emit_profile(emitter, &none);
		emit_store_number(assembly, STACK, GIVEN, 0);
		emit_store_number(assembly, STACK, HELD, ENTRY_SETTLED);
		emit_remember(emitter);
	}
	emit_jump(assembly, emitter->out);
}

static void sock_ops_roles(struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	label listener = label_new(assembly), accepted = label_new(assembly);

	load_event(assembly);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, BPF_SOCK_OPS_TCP_LISTEN_CB, listener);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, accepted);
	emit_match(emitter, ROLE_CLIENT, PEER_SOCK_OPS);
	emit_label(assembly, accepted);
	emit_match(emitter, ROLE_SERVER, PEER_SOCK_OPS);
	emit_label(assembly, listener);
	if (programs_arm_listeners(emitter->settings))
		emit_match(emitter, ROLE_SERVER, PEER_UNKNOWN);
	else
		emit_leave_listener(emitter);
}

static void emit_sock_ops(struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	label ours = label_new(assembly);

	load_event(assembly);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, BPF_SOCK_OPS_TCP_CONNECT_CB, ours);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, ours);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, ours);
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, BPF_SOCK_OPS_TCP_LISTEN_CB, emitter->out);
	emit_label(assembly, ours);
	emit_load(assembly, BPF_DW, SOCKET, CONTEXT, offsetof(struct bpf_sock_ops, sk));
	emit_jump_if_null(assembly, SOCKET, emitter->out);
	emit_decide(emitter, EVENT_SOCK_OPS, sock_ops_roles);
}

/*
 * Nobody can have set an option yet, but an inner group may have decided already. If the values
 * depend on the role or the peer, only makes the entry, which keeps outer groups from setting theirs
 * now.
 */
static void emit_sock_create(struct emitter *emitter)
{
	struct assembly *assembly = emitter->assembly;
	bool arms = arms_at_creation(emitter->settings);
	const struct profile none = { .force = false },
			     *profile = arms ? &emitter->settings->base : &none;
	label fresh = label_new(assembly);

	emit_is_tcp(emitter, offsetof(struct bpf_sock, type), offsetof(struct bpf_sock, protocol));
	emit_move(assembly, SOCKET, CONTEXT);
	emit_entry(emitter, 0);
	emit_jump_if_null(assembly, RESULT, fresh);
	emit_jump(assembly, emitter->out);
	emit_label(assembly, fresh);
	emit_set(assembly, WAS_ON, 0);
	emit_profile(emitter, profile);
	emit_store_number(assembly, STACK, GIVEN, 0);
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			emit_set_wanted(emitter, i);
	}
	emit_remember(emitter);
}

/* Jumps to no if the kernel would refuse the value in r5. 0 is accepted for no user timeout. */
static void emit_is_accepted(struct assembly *assembly, enum sockopt option, label no)
{
	const struct range *range = range_of(option);
	int32_t least = option == OPTION_USER_TIMEOUT ? 0 : range->least;

	if (option == OPTION_KEEPALIVE)
		return;
	emit_jump_if(assembly, BPF_JSLT, BPF_REG_5, (uint32_t)least, no);
	emit_jump_if(assembly, BPF_JSGT, BPF_REG_5, (uint32_t)range->most, no);
}

/*
 * For the application's setsockopt() of this option, if the value is one that the kernel accepts: if
 * the option is held, replaces the value by ours, so that the call succeeds and changes nothing;
 * otherwise notes that the application has set it. Jumps to leave if the call remains as it is.
 */
static void emit_notice(const struct emitter *emitter, enum sockopt option, label leave)
{
	struct assembly *assembly = emitter->assembly;
	label other = label_new(assembly), free = label_new(assembly);

	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sockopt, level));
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, (uint32_t)sockopt_names[option].level, other);
	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sockopt, optname));
	emit_jump_if(assembly, BPF_JNE, BPF_REG_1, (uint32_t)sockopt_names[option].name, other);
	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sockopt, optlen));
	emit_jump_if(assembly, BPF_JSLT, BPF_REG_1, sizeof(int32_t), leave);
	emit_load(assembly, BPF_DW, ARGUMENT, CONTEXT, offsetof(struct bpf_sockopt, optval));
	emit_load(assembly, BPF_DW, BPF_REG_3, CONTEXT, offsetof(struct bpf_sockopt, optval_end));
	emit_pointer(assembly, BPF_REG_4, ARGUMENT, sizeof(int32_t));
	emit_jump_if_above(assembly, BPF_REG_4, BPF_REG_3, leave);
	emit_load(assembly, BPF_W, BPF_REG_5, ARGUMENT, 0);
	emit_is_accepted(assembly, option, leave);
	emit_load(assembly, BPF_DW, SOCKET, CONTEXT, offsetof(struct bpf_sockopt, sk));
	emit_entry(emitter, 0);
	emit_jump_if_null(assembly, RESULT, free);
	load_entry(assembly, BPF_REG_1, RESULT, ENTRY_HELD);
	emit_number(assembly, BPF_AND, BPF_REG_1, 1U << option);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, free);
	load_entry(assembly, BPF_REG_1, RESULT, ENTRY_VALUE + option);
	emit_store(assembly, BPF_W, ARGUMENT, 0, BPF_REG_1);
	emit_set(assembly, BPF_REG_1, sizeof(int32_t));
	emit_store(assembly, BPF_W, CONTEXT, offsetof(struct bpf_sockopt, optlen), BPF_REG_1);
	emit_jump(assembly, emitter->out);
	emit_label(assembly, free);
	emit_storage(emitter, emitter->emission->owned_map, BPF_SK_STORAGE_GET_F_CREATE);
	emit_jump_if_null(assembly, RESULT, leave);
	emit_load(assembly, BPF_W, BPF_REG_1, RESULT, 0);
	emit_number(assembly, BPF_OR, BPF_REG_1, 1U << option);
	emit_store(assembly, BPF_W, RESULT, 0, BPF_REG_1);
	emit_jump(assembly, leave);
	emit_label(assembly, other);
}

/* Arguments longer than a page must be left to the kernel (bpf_sockopt's optlen). */
static void emit_setsockopt(struct emitter *emitter)
{
	enum { PAGE = 4096 };
	struct assembly *assembly = emitter->assembly;
	label leave = label_new(assembly);

	for (unsigned i = 0; i < OPTIONS; i++)
		emit_notice(emitter, i, leave);
	emit_label(assembly, leave);
	emit_load(assembly, BPF_W, BPF_REG_1, CONTEXT, offsetof(struct bpf_sockopt, optlen));
	emit_jump_if(assembly, BPF_JSLT, BPF_REG_1, PAGE + 1, emitter->out);
	emit_set(assembly, BPF_REG_1, 0);
	emit_store(assembly, BPF_W, CONTEXT, offsetof(struct bpf_sockopt, optlen), BPF_REG_1);
}

/* Whether it sets keepalive on without all three values, which an outer group would complete. */
static bool is_open(const struct profile *profile)
{
	return profile->value[OPTION_KEEPALIVE] &&
	       !(profile->value[OPTION_IDLE] && profile->value[OPTION_INTERVAL] &&
		 profile->value[OPTION_COUNT]);
}

static void look_at_profiles(struct emitter *emitter)
{
	const struct settings *settings = emitter->settings;

	for (unsigned i = PROFILE_BASE; i < profiles(settings); i++) {
		const struct profile *profile = profile_at(emitter, i);

		emitter->profile[i] = label_new(emitter->assembly);
		emitter->may_force = emitter->may_force || profile->force;
		emitter->may_respect = emitter->may_respect || !profile->force;
		emitter->remembers = emitter->remembers || is_open(profile);
		emitter->may_leave = emitter->may_leave ||
				     (!profile->force && !profile->value[OPTION_KEEPALIVE]);
	}
}

void program_emit(struct assembly *assembly, enum program_kind kind,
		  const struct emission *emission)
{
	struct emitter emitter = {
		.assembly = assembly,
		.emission = emission,
		.settings = emission->settings,
		.out = label_new(assembly),
		.apply = label_new(assembly),
	};

	look_at_profiles(&emitter);
	emit_move(assembly, CONTEXT, BPF_REG_1);
	switch (kind) {
	case PROGRAM_CONNECT4:
	case PROGRAM_CONNECT6:
		emitter.remembers = emitter.remembers || asks_client(emission->settings);
		emit_connect(&emitter, kind == PROGRAM_CONNECT4 ? connect4_roles : connect6_roles);
		break;
	case PROGRAM_SOCK_OPS:
		emit_sock_ops(&emitter);
		break;
	case PROGRAM_SOCK_CREATE:
		emit_sock_create(&emitter);
		break;
	default:
		emit_setsockopt(&emitter);
	}
	emit_label(assembly, emitter.out);
	emit_set(assembly, RESULT, 1);
	emit_exit(assembly);
	assembly_finish(assembly);
}
