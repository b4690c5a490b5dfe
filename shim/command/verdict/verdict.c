/* verdict: finds the obstacle that keeps the shim from a program, and explains it. */
#include "verdict/verdict.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "process/permission.h"
#include "supervise/filter.h"
#include "supervise/supervise.h"
#include "verdict/limits.h"

static bool is_exempt(const struct settings *settings, enum role role)
{
	if (!(settings->role & role))
		return true;
	for (unsigned i = 0; i < settings->rules; i++) {
		const struct rule *rule = &settings->rule[i];

		if (!(rule->roles & role))
			continue;
		if (rule->profile.value[OPTION_KEEPALIVE] || rule->profile.force)
			return false; /* with mode=force it keeps keepalive off */
		if (!rule->peer.address.family && !rule->port_last)
			return true;
	}
	return false;
}

/* Whether rules and role leave every socket of the program alone. */
static bool settings_exempt(const struct settings *settings)
{
	return is_exempt(settings, ROLE_CLIENT) && is_exempt(settings, ROLE_SERVER);
}

/* Whether it makes its sockets without the functions that a preload replaces. */
static enum obstacle own_way(const struct target *target)
{
	const struct traits *traits = &target->traits;

	if (target->elf.interpreter[0] && !target->elf.dynamic)
		return OBSTACLE_KLIBC;
	if (!target->elf.interpreter[0] && !target->is_linker)
		return OBSTACLE_STATIC;
	if (target->elf.go)
		return OBSTACLE_GO;
	if (target->elf.pascal)
		return OBSTACLE_PASCAL;
	if (traits->imports_socket)
		return OBSTACLE_NONE;
	if (traits->calls.socket)
		return OBSTACLE_RAW;
	if (traits->rcmd)
		return OBSTACLE_RCMD;
	return target->linked.raw[0] && !target->linked.intercepted ? OBSTACLE_RAW : OBSTACLE_NONE;
}

/* The first obstacle that applies, the most fundamental ones first. */
static enum obstacle obstacle_of(const struct target *target, int error,
				 const struct library *library, const struct settings *settings)
{
	if (!settings->on)
		return OBSTACLE_OFF;
	if (settings_exempt(settings))
		return OBSTACLE_RULE;
	if (error)
		return library->usable ? OBSTACLE_FORMAT : OBSTACLE_LIBRARY;
	if (target->privilege != PRIVILEGE_NONE)
		return OBSTACLE_PRIVILEGE;
	if (!target->readable)
		return library->usable ? OBSTACLE_UNREADABLE : OBSTACLE_LIBRARY;
	if (target->interpreter_missing)
		return OBSTACLE_INTERPRETER;
	if (target->elf.abi.machine == EM_NONE) /* of the other byte order: the rest is not known */
		return OBSTACLE_ARCHITECTURE;
	if (own_way(target))
		return own_way(target);
	if (target->drops_preload)
		return OBSTACLE_ENVIRONMENT;
	if (target->unknown)
		return OBSTACLE_ENV;
	if (!library->usable)
		return OBSTACLE_LIBRARY;
	if (!abi_is_same(target->elf.abi, library->abi))
		return OBSTACLE_ARCHITECTURE;
	return OBSTACLE_NONE;
}

__attribute__((format(printf, 2, 3))) static void reason(struct verdict *verdict,
							 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, arguments);
	va_end(arguments);
}

static void advise(struct verdict *verdict, const char *advice)
{
	snprintf(verdict->advice, sizeof(verdict->advice), "%s", advice);
}

static void explain_limits(struct verdict *verdict, const struct target *target,
			   const struct library *library)
{
	struct text text = TEXT(verdict->advice);

	(void)library;
	text.end--; /* its end is zero already */
	text_limits(&text, target);
}

static void explain_rule(struct verdict *verdict, const struct target *target,
			 const struct library *library)
{
	(void)library;
	reason(verdict, "a rule exempts '%s'", target->name);
}

static void explain_interpreter(struct verdict *verdict, const struct target *target,
				const struct library *library)
{
	(void)library;
	reason(verdict, "its dynamic linker %s is missing, so it cannot start here",
	       target->elf.interpreter);
}

static void explain_privilege(struct verdict *verdict, const struct target *target,
			      const struct library *library)
{
	static const char *const what[] = {
		[PRIVILEGE_NONE] = "setuid, setgid or given file capabilities",
		[PRIVILEGE_SETUID] = "setuid",
		[PRIVILEGE_SETGID] = "setgid",
		[PRIVILEGE_CAPABILITIES] = "given file capabilities",
	};

	(void)library;
	reason(verdict, "it is %s, and the dynamic linker ignores preloads in such a program",
	       what[target->privilege]);
}

#define ATTACH "'keepalive attach' sets keepalive on the sockets that it has now"
#define GO_SETS_ITS_OWN \
	"Go's net package sets 15s of its own on every connection, and only --mode=force sets " \
	"other values"

static void explain_supervised(struct verdict *verdict, const struct target *target,
			       const struct library *library)
{
	(void)library;
	if (verdict->obstacle == OBSTACLE_STATIC && target->elf.go)
		reason(verdict, "it is a static Go program: no dynamic linker, so no preload");
	if (verdict->obstacle == OBSTACLE_RAW && !target->traits.calls.socket)
		reason(verdict,
		       "its sockets are made by %s, by system calls that bypass the C library and "
		       "any preload",
		       target->linked.raw);
	if (!verdict->supervisable)
		advise(verdict, "supervision does not see this architecture's socket calls");
	else if (target->elf.go)
		advise(verdict, "'keepalive run' supervises it; " GO_SETS_ITS_OWN);
	else
		advise(verdict, "'keepalive run' supervises it");
}

static void explain_library(struct verdict *verdict, const struct target *target,
			    const struct library *library)
{
	(void)target;
	if (library->path[0]) {
		reason(verdict,
		       "LD_PRELOAD cannot hold a path with a space, a colon or a dollar sign: '%s'",
		       library->path);
		advise(verdict, "make a link to the library elsewhere, and name that with "
				"'keepalive run --library PATH'");
	} else {
		reason(verdict,
		       "%s was found neither beside this command nor in an installed place",
		       LIBRARY_NAME);
		advise(verdict, "name it with 'keepalive run --library PATH'");
	}
}

static void explain_architecture(struct verdict *verdict, const struct target *target,
				 const struct library *library)
{
	reason(verdict, "it is a program for %s and the library is for %s",
	       abi_name(target->elf.abi), abi_name(library->abi));
}

#define ROW(symbol, word, effect, way, starts, reason, advice, more) \
	[OBSTACLE_##symbol] = { word, effect, way, starts, reason, advice, more },

static const struct {
	const char *word;
	enum effect effect;
	enum way way;
	bool starts;
	const char *reason, *advice;
	void (*more)(struct verdict *, const struct target *, const struct library *);
} obstacles[] = { OBSTACLES(ROW) };

static void explain(const struct target *target, const struct library *library,
		    struct verdict *verdict)
{
	reason(verdict, "%s", obstacles[verdict->obstacle].reason);
	advise(verdict, obstacles[verdict->obstacle].advice);
	if (obstacles[verdict->obstacle].more)
		obstacles[verdict->obstacle].more(verdict, target, library);
}

/* Whether supervision gets around the obstacle. */
static bool is_way_around(enum obstacle obstacle)
{
	return obstacles[obstacle].way == WAY_SUPERVISION ||
	       (obstacles[obstacle].way == WAY_KEPT && supervise_keeps_privileges());
}

void judge_program(const struct target *target, int error, const struct library *library,
		   const struct settings *settings, struct verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->obstacle = obstacle_of(target, error, library, settings);
	verdict->supervisable = filter_sees(target->elf.abi) && is_way_around(verdict->obstacle);
	explain(target, library, verdict);
}

static enum obstacle obstacle_of_process(const struct target *target,
					 const struct process_check *check,
					 const struct settings *settings)
{
	bool supervised = check->supervisor != 0;

	if (check->kernel)
		return OBSTACLE_KERNEL;
	if (check->hidden)
		return OBSTACLE_HIDDEN;
	if (check->elsewhere && !check->library)
		return OBSTACLE_ELSEWHERE;
	if (!supervised && check->orphaned && !check->library)
		return OBSTACLE_ORPHANED;
	if (check->outside && !check->library)
		return OBSTACLE_OUTSIDE;
	if (!supervised && target->readable && own_way(target))
		return own_way(target);
	if (!supervised && !check->library)
		return check->privileged ? OBSTACLE_PRIVILEGE : OBSTACLE_NOT_LOADED;
	if (!supervised && (check->reach.bypassed || check->reach.raw[0]) && !check->reach.reached)
		return OBSTACLE_BYPASSED;
	if (check->overwritten)
		return OBSTACLE_OVERWRITTEN;
	if (!settings->on)
		return OBSTACLE_OFF;
	return settings_exempt(settings) ? OBSTACLE_RULE : OBSTACLE_NONE;
}

/* Comes before the advice about starting it again. */
static void advise_attach(struct verdict *verdict)
{
	char then[sizeof(verdict->advice)];

	memcpy(then, verdict->advice, sizeof(then));
	snprintf(verdict->advice, sizeof(verdict->advice), ATTACH "; %.*s", 400, then);
}

static void advise_limits(struct verdict *verdict, const struct reach *reach)
{
	struct text text = TEXT(verdict->advice);

	text.next += strlen(verdict->advice);
	text.end--; /* its end is zero already */
	text_limits_seen(&text, reach);
}

void judge_process(const struct process *process, const struct target *target,
		   const struct process_check *check, const struct settings *settings,
		   struct verdict *verdict)
{
	static const struct library none;
	struct text why = TEXT(verdict->reason);

	memset(verdict, 0, sizeof(*verdict));
	verdict->obstacle = obstacle_of_process(target, check, settings);
	verdict->supervisable = filter_sees(target->elf.abi);
	explain(target, &none, verdict);
	if (is_way_around(verdict->obstacle))
		advise_attach(verdict);
	why.end--; /* its end is zero already */
	if (verdict->obstacle == OBSTACLE_HIDDEN)
		permission_reason(&why, process, check->hidden);
	if (verdict->obstacle == OBSTACLE_BYPASSED)
		reason(verdict, "the library is loaded, but the calls of %s%s%s lead past it",
		       check->reach.names, check->reach.names[0] && check->reach.raw[0] ? ", " : "",
		       check->reach.raw);
	if (verdict->obstacle == OBSTACLE_NONE)
		advise_limits(verdict, &check->reach);
	if (verdict->obstacle == OBSTACLE_NONE && check->supervisor)
		verdict->advice[0] = '\0'; /* supervision has no such limits */
	if (verdict->obstacle == OBSTACLE_NONE && check->emptied)
		advise(verdict, "its settings cannot be seen, since its environment was emptied; "
				"'keepalive status' shows what its sockets have");
	if (verdict->obstacle == OBSTACLE_NONE && target->elf.go && !settings->base.force)
		advise(verdict, GO_SETS_ITS_OWN);
}

void judge_served_by_group(const struct target *target, const struct settings *settings,
			   struct verdict *verdict)
{
	static const struct library none;

	memset(verdict, 0, sizeof(*verdict));
	verdict->obstacle = settings_exempt(settings) ? OBSTACLE_RULE : OBSTACLE_NONE;
	if (verdict->obstacle)
		explain(target, &none, verdict);
	else if (target->elf.go && !settings->base.force)
		advise(verdict, GO_SETS_ITS_OWN);
}

enum effect verdict_effect(const struct verdict *verdict)
{
	return obstacles[verdict->obstacle].effect;
}

const char *obstacle_name(enum obstacle obstacle)
{
	return obstacles[obstacle].word;
}

bool obstacle_starts(enum obstacle obstacle)
{
	return obstacles[obstacle].starts;
}
