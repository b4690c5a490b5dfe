/*
 * filter: decides which calls the supervisor must see, and generates the seccomp filter for them.
 */
#include "supervise/filter.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "decide.h"
#include "sockopt_names.h"

/* A system call interface: its AUDIT_ARCH_ number, and its system call numbers. */
struct architecture {
	uint32_t arch;
	uint32_t socket, connect, listen, setsockopt;
	uint32_t unshare, setns, setgroups;
};

/*
 * The programs that a kernel for this machine can run. 32-bit x86 programs mostly reach socket()
 * through socketcall(2), as glibc and Go do, whose arguments are in memory, which a filter cannot
 * read. Those that use the newer calls (musl) are supervised.
 */
#if defined(__x86_64__)
enum { X32 = 0x40000000 }; /* __X32_SYSCALL_BIT */
static const struct architecture architectures[] = {
	{ AUDIT_ARCH_X86_64, 41, 42, 50, 54, 272, 308, 116 },
	{ AUDIT_ARCH_X86_64, X32 + 41, X32 + 42, X32 + 50, X32 + 541, X32 + 272, X32 + 308,
	  X32 + 116 },
	{ AUDIT_ARCH_I386, 359, 362, 363, 366, 310, 346, 206 },
};
static const struct abi seen[] = {
	{ ELFCLASS64, ELFDATA2LSB, EM_X86_64 },
	{ ELFCLASS32, ELFDATA2LSB, EM_X86_64 },
};
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const struct architecture architectures[] = {
	{ AUDIT_ARCH_AARCH64, 198, 203, 201, 208, 97, 268, 159 },
	{ AUDIT_ARCH_ARM, 281, 283, 284, 294, 337, 375, 206 },
};
static const struct abi seen[] = {
	{ ELFCLASS64, ELFDATA2LSB, EM_AARCH64 },
	{ ELFCLASS32, ELFDATA2LSB, EM_ARM },
};
#elif defined(__arm__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const struct architecture architectures[] = { { AUDIT_ARCH_ARM, 281, 283, 284, 294, 337, 375,
						       206 } };
static const struct abi seen[] = { { ELFCLASS32, ELFDATA2LSB, EM_ARM } };
#elif defined(__riscv) && __riscv_xlen == 64
static const struct architecture architectures[] = { { AUDIT_ARCH_RISCV64, 198, 203, 201, 208, 97,
						       268, 159 } };
static const struct abi seen[] = { { ELFCLASS64, ELFDATA2LSB, EM_RISCV } };
#elif defined(__i386__)
static const struct architecture architectures[] = { { AUDIT_ARCH_I386, 359, 362, 363, 366, 310,
						       346, 206 } };
static const struct abi seen[] = { { 0, 0, EM_NONE } };
#else
static const struct architecture architectures[] = { { 0, 0, 0, 0, 0, 0, 0, 0 } };
static const struct abi seen[] = { { 0, 0, EM_NONE } };
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add(struct filter *filter, struct sock_filter instruction)
{
	if (filter->length < FILTER_MAX)
		filter->code[filter->length++] = instruction;
}

static void load(struct filter *filter, size_t offset)
{
	add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* An int argument: the kernel also uses only these 32 bits. */
static void load_argument(struct filter *filter, unsigned i)
{
	size_t low_half = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;

	load(filter, offsetof(struct seccomp_data, args) + i * sizeof(__u64) + low_half);
}

static void answer(struct filter *filter, uint32_t action)
{
	add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Continues if the loaded value is this one; otherwise skips the instructions until end_if(). */
static unsigned begin_if(struct filter *filter, uint32_t value)
{
	add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0));
	return filter->length - 1U;
}

static void end_if(struct filter *filter, unsigned begin)
{
	filter->code[begin].jf = (uint8_t)(filter->length - begin - 1);
}

/* Allows the call unless the loaded value is one of these. */
static void allow_unless(struct filter *filter, const uint32_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i],
							 (uint8_t)(count - i), 0));
	answer(filter, SECCOMP_RET_ALLOW);
}

static void ask_question(struct filter *filter)
{
	unsigned question;

	load_argument(filter, 0);
	question = begin_if(filter, FILTER_QUESTION);
	answer(filter, SECCOMP_RET_USER_NOTIF);
	end_if(filter, question);
}

enum filter_state filter_state(void)
{
	if (syscall(SYS_socket, FILTER_QUESTION, SOCK_STREAM, 0) >= 0)
		return FILTER_OFF;
	return errno == FILTER_YES        ? FILTER_SERVES
	       : errno == FILTER_NOT_HERE ? FILTER_ELSEWHERE
					  : FILTER_OFF;
}

static void filter_socket(struct filter *filter)
{
	static const uint32_t domains[] = { AF_INET, AF_INET6 };
	static const uint32_t types[] = { SOCK_STREAM };
	static const uint32_t protocols[] = { 0, IPPROTO_TCP, IPPROTO_MPTCP };
	enum { TYPE_MASK = 0xf }; /* SOCK_TYPE_MASK of <linux/net.h>: the rest are flags */

	allow_unless(filter, domains, COUNT(domains));
	load_argument(filter, 1);
	add(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TYPE_MASK));
	allow_unless(filter, types, COUNT(types));
	load_argument(filter, 2);
	allow_unless(filter, protocols, COUNT(protocols));
	answer(filter, SECCOMP_RET_USER_NOTIF);
}

/* Without reach, nothing shows whose socket it is. Error number 0 makes the call return 0. */
static void filter_setsockopt(struct filter *filter, unsigned options, bool reach)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		unsigned level, name;

		if (!(options & 1U << i))
			continue;
		load_argument(filter, 1);
		level = begin_if(filter, (uint32_t)sockopt_names[i].level);
		load_argument(filter, 2);
		name = begin_if(filter, (uint32_t)sockopt_names[i].name);
		answer(filter, reach ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | 0);
		end_if(filter, name);
		end_if(filter, level);
	}
	answer(filter, SECCOMP_RET_ALLOW);
}

/* The calls that change a thread's network namespace or its groups. */
static void filter_changes(struct filter *filter, const struct architecture *numbers,
			   const struct plan *plan)
{
	unsigned call = begin_if(filter, numbers->unshare);

	load_argument(filter, 0);
	add(filter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CLONE_NEWNET));
	allow_unless(filter, (const uint32_t[]){ CLONE_NEWNET }, 1);
	answer(filter, SECCOMP_RET_USER_NOTIF);
	end_if(filter, call);
	call = begin_if(filter, numbers->setns);
	answer(filter, SECCOMP_RET_USER_NOTIF);
	end_if(filter, call);
	if (!plan->users)
		return;
	call = begin_if(filter, numbers->setgroups);
	answer(filter, SECCOMP_RET_USER_NOTIF);
	end_if(filter, call);
}

static void filter_architecture(struct filter *filter, const struct architecture *numbers,
				const struct plan *plan)
{
	unsigned arch, call;

	load(filter, offsetof(struct seccomp_data, arch));
	arch = begin_if(filter, numbers->arch);
	load(filter, offsetof(struct seccomp_data, nr));
	call = begin_if(filter, numbers->socket);
	ask_question(filter);
	if (plan->socket)
		filter_socket(filter);
	else
		answer(filter, SECCOMP_RET_ALLOW);
	end_if(filter, call);
	if (plan->connect) {
		call = begin_if(filter, numbers->connect);
		answer(filter, SECCOMP_RET_USER_NOTIF);
		end_if(filter, call);
	}
	if (plan->listen) {
		call = begin_if(filter, numbers->listen);
		answer(filter, SECCOMP_RET_USER_NOTIF);
		end_if(filter, call);
	}
	if (plan->socket || plan_reaches_into(plan))
		filter_changes(filter, numbers, plan);
	if (plan->forced | plan->noted) {
		call = begin_if(filter, numbers->setsockopt);
		filter_setsockopt(filter, plan->forced | plan->noted, plan->reach);
		end_if(filter, call);
	}
	end_if(filter, arch);
}

void filter_build(const struct plan *plan, struct filter *filter)
{
	filter->length = 0;
	for (size_t i = 0; i < COUNT(architectures); i++)
		filter_architecture(filter, &architectures[i], plan);
	answer(filter, SECCOMP_RET_ALLOW);
}

enum call filter_call(const struct seccomp_data *data)
{
	for (size_t i = 0; i < COUNT(architectures); i++) {
		if (data->arch != architectures[i].arch)
			continue;
		if ((uint32_t)data->nr == architectures[i].socket)
			return CALL_SOCKET;
		if ((uint32_t)data->nr == architectures[i].connect)
			return CALL_CONNECT;
		if ((uint32_t)data->nr == architectures[i].listen)
			return CALL_LISTEN;
		if ((uint32_t)data->nr == architectures[i].setsockopt)
			return CALL_SETSOCKOPT;
		if ((uint32_t)data->nr == architectures[i].unshare ||
		    (uint32_t)data->nr == architectures[i].setns ||
		    (uint32_t)data->nr == architectures[i].setgroups)
			return CALL_CHANGE;
	}
	return CALL_OTHER;
}

bool filter_sees(struct abi abi)
{
	for (size_t i = 0; i < COUNT(seen); i++) {
		if (abi_is_same(seen[i], abi))
			return true;
	}
	return false;
}

static bool sets_something(const struct profile *profile)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (profile->value[i])
			return true;
	}
	return false;
}

/* The profiles that sockets in one role can get. */
struct outlook {
	const struct profile *profile[RULES_MAX + 1];
	unsigned count;
	unsigned forced;     /* by any of them */
	bool forces, leaves; /* some have mode=force; some do not */
	bool on, off;        /* some switch keepalive on; some do not */
};

static void expect(struct outlook *outlook, const struct profile *profile)
{
	outlook->profile[outlook->count++] = profile;
	outlook->forced |= forced_by(profile);
	*(profile->force ? &outlook->forces : &outlook->leaves) = true;
	*(profile->value[OPTION_KEEPALIVE] ? &outlook->on : &outlook->off) = true;
}

/* First the profile of sockets that no rule by peer or port matches; then the others. */
static struct outlook outlook_of(const struct settings *settings, enum role role)
{
	struct outlook outlook = { .count = 0 };

	expect(&outlook, settings_profile(settings, settings_match(settings, role, NULL, 0)));
	for (unsigned i = 0; settings->on && settings->role & role && i < settings->rules; i++) {
		const struct rule *rule = &settings->rule[i];
		bool asks_peer = rule->peer.address.family;

		if (!(rule->roles & role) || (asks_peer && role == ROLE_SERVER))
			continue; /* a listener has no peer */
		if (!asks_peer && !rule->port_last)
			break; /* matches all that are left */
		expect(&outlook, &rule->profile);
	}
	return outlook;
}

/* Whether some sockets with this outlook get another profile than this one. */
static bool may_differ(const struct outlook *outlook, const struct profile *profile)
{
	for (unsigned i = 0; i < outlook->count; i++) {
		if (!profile_is_same(outlook->profile[i], profile))
			return true;
	}
	return false;
}

/*
 * What the program sets on a new socket may have to stand, or not: that shows when it connects or
 * listens. If keepalive is switched on or off then, its value has not shown whether the program has
 * set it, because there are only two.
 */
static void plan_notes(struct plan *plan, const struct outlook *client,
		       const struct outlook *server)
{
	bool leaves = client->leaves || server->leaves;

	plan->mixed = plan->forced && leaves;
	if (plan->mixed)
		plan->noted = plan->forced;
	if (leaves && (client->on || server->on) && (client->off || server->off))
		plan->noted |= 1U << OPTION_KEEPALIVE;
	plan->connect |= plan->mixed && client->forces;
	plan->listen |= plan->mixed && server->forces;
}

void plan_calls(const struct settings *settings, struct plan *plan)
{
	struct outlook client = outlook_of(settings, ROLE_CLIENT);
	struct outlook server = outlook_of(settings, ROLE_SERVER);

	*plan = (struct plan){ .settings = settings, .reach = true };
	plan->client = settings_match(settings, ROLE_CLIENT, NULL, 0);
	plan->socket = sets_something(client.profile[0]);
	plan->listen = may_differ(&server, client.profile[0]);
	plan->connect = may_differ(&client, client.profile[0]);
	plan->forced = client.forced | server.forced;
	plan_notes(plan, &client, &server);
	/* A client may become a listener when its connection is dissolved (AF_UNSPEC). */
	plan->listen |= plan->connect;
}

bool plan_reaches_into(const struct plan *plan)
{
	return plan->reach && (plan_needs_reach(plan) || plan->forced);
}

bool plan_needs_reach(const struct plan *plan)
{
	return plan->listen || plan->connect;
}

void plan_give_up_reach(struct plan *plan)
{
	plan->reach = plan->listen = plan->connect = plan->mixed = false;
	plan->forced = forced_by(settings_profile(plan->settings, plan->client));
	plan->noted = 0;
}
