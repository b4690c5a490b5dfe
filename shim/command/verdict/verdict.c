/* verdict: see verdict.h. */
#include "verdict/verdict.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "process/permission.h"
#include "supervise/filter.h"
#include "supervise/supervise.h"

static bool is_exempt(const struct settings *settings, enum role role)
{
	if (!(settings->role & role))
		return true;
	for (unsigned i = 0; i < settings->rules; i++) {
		const struct rule *rule = &settings->rule[i];

		if (!(rule->roles & role))
			continue;
		if (rule->profile.value[OPTION_KEEPALIVE])
			return false;
		if (!rule->peer.address.family && !rule->port_last)
			return true;
	}
	return false;
}

bool settings_exempt(const struct settings *settings)
{
	return is_exempt(settings, ROLE_CLIENT) && is_exempt(settings, ROLE_SERVER);
}

/* The first obstacle that there is, the most fundamental ones first. */
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
	if (!target->elf.interpreter[0])
		return OBSTACLE_STATIC;
	if (target->elf.go)
		return OBSTACLE_GO;
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

static void explain_privilege(enum privilege privilege, struct verdict *verdict)
{
	static const char *const what[] = {
		[PRIVILEGE_NONE] = "setuid, setgid or given file capabilities",
		[PRIVILEGE_SETUID] = "setuid",
		[PRIVILEGE_SETGID] = "setgid",
		[PRIVILEGE_CAPABILITIES] = "given file capabilities",
	};

	reason(verdict, "it is %s, and the dynamic linker ignores preloads in such a program",
	       what[privilege]);
	advise(verdict, "start it from a process that has these privileges already, or name the "
			"library in /etc/ld.so.preload");
}

#define ATTACH "'keepalive attach' arms the sockets that it has now"
#define GO_SETS_ITS_OWN \
	"Go's net package sets 15s of its own on every connection, and only --mode=force holds " \
	"other values"

static void explain_supervised(struct verdict *verdict, const struct target *target)
{
	if (!verdict->supervisable) {
		advise(verdict, "supervision does not see this architecture's socket calls");
	} else if (target->elf.go) {
		advise(verdict, "'keepalive run' supervises it; " GO_SETS_ITS_OWN);
	} else {
		advise(verdict, "'keepalive run' supervises it");
	}
}

static void explain_library(const struct library *library, struct verdict *verdict)
{
	if (library->path[0]) {
		reason(verdict,
		       "LD_PRELOAD cannot hold a path with a space, a colon or a dollar sign: '%s'",
		       library->path);
		advise(verdict, "make a link to the library elsewhere, and name that with "
				"'keepalive run --library PATH'");
	} else {
		reason(verdict,
		       "%s was not found, neither beside this command nor where it is "
		       "installed",
		       LIBRARY_NAME);
		advise(verdict, "name it with 'keepalive run --library PATH'");
	}
}

static void explain(const struct target *target, const struct library *library,
		    struct verdict *verdict)
{
	switch (verdict->obstacle) {
	case OBSTACLE_NONE:
		break;
	case OBSTACLE_OFF:
		reason(verdict, "KEEPALIVE_SHIM=off");
		advise(verdict, "unset KEEPALIVE_SHIM");
		break;
	case OBSTACLE_RULE:
		reason(verdict, "a rule exempts '%s'", target->name);
		advise(verdict, "change KEEPALIVE_SHIM_RULES");
		break;
	case OBSTACLE_INTERPRETER:
		reason(verdict, "its dynamic linker %s is missing, so it cannot start here",
		       target->elf.interpreter);
		advise(verdict, "install the C library it was built for");
		break;
	case OBSTACLE_PRIVILEGE:
		explain_privilege(target->privilege, verdict);
		break;
	case OBSTACLE_STATIC:
		reason(verdict,
		       target->elf.go
			       ? "it is a static Go program: no dynamic linker, so no preload"
			       : "it is statically linked: no dynamic linker, so no preload");
		explain_supervised(verdict, target);
		break;
	case OBSTACLE_GO:
		reason(verdict, "it is a Go program: it makes its own system calls, past the C "
				"library and any preload");
		explain_supervised(verdict, target);
		break;
	case OBSTACLE_LIBRARY:
		explain_library(library, verdict);
		break;
	case OBSTACLE_ARCHITECTURE:
		reason(verdict, "it is a program for %s and the library is for %s",
		       abi_name(target->elf.abi), abi_name(library->abi));
		advise(verdict, "build or install the library for it, and name that with "
				"'keepalive run --library PATH'");
		break;
	case OBSTACLE_UNREADABLE:
		reason(verdict, "its file may not be read");
		advise(verdict, "ask as a user who may read it");
		break;
	case OBSTACLE_FORMAT:
		reason(verdict, "it is no ELF executable, nor a script whose #! line says what "
				"runs it");
		break;
	case OBSTACLE_NOT_LOADED:
		reason(verdict, "the library is not loaded in it");
		advise(verdict, "start it again with 'keepalive run'; " ATTACH);
		break;
	case OBSTACLE_ORPHANED:
		reason(verdict,
		       "a supervisor is there of which cannot be told whom it serves, since "
		       "the process that it was started for has ended");
		advise(verdict, "'keepalive status' shows what its sockets have");
		break;
	case OBSTACLE_KERNEL:
		reason(verdict, "it is a thread of the kernel");
		break;
	case OBSTACLE_OVERWRITTEN:
		reason(verdict, "it is reached, but has overwritten the environment it was started "
				"with, as for its title in ps(1), so its settings do not show");
		advise(verdict, "'keepalive status' shows what its connections have");
		break;
	case OBSTACLE_HIDDEN:
		break; /* permission_reason() knows */
	}
}

/* Whether supervision gets around the obstacle. */
static bool is_way_around(enum obstacle obstacle)
{
	switch (obstacle) {
	case OBSTACLE_STATIC:
	case OBSTACLE_GO:
	case OBSTACLE_ARCHITECTURE:
		return true;
	case OBSTACLE_PRIVILEGE:
		return supervise_keeps_privileges();
	default:
		return false;
	}
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
	if (!supervised && check->orphaned && !check->library)
		return OBSTACLE_ORPHANED;
	if (!supervised && target->readable && !target->elf.interpreter[0])
		return OBSTACLE_STATIC;
	if (!supervised && target->elf.go)
		return OBSTACLE_GO;
	if (!supervised && !check->library)
		return check->privileged ? OBSTACLE_PRIVILEGE : OBSTACLE_NOT_LOADED;
	if (check->overwritten)
		return OBSTACLE_OVERWRITTEN;
	if (!settings->on)
		return OBSTACLE_OFF;
	return settings_exempt(settings) ? OBSTACLE_RULE : OBSTACLE_NONE;
}

/* Before what helps when it is started again. */
static void advise_attach(struct verdict *verdict)
{
	char then[sizeof(verdict->advice)];

	memcpy(then, verdict->advice, sizeof(then));
	snprintf(verdict->advice, sizeof(verdict->advice), ATTACH "; %.*s", 400, then);
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
	if (verdict->obstacle == OBSTACLE_STATIC || verdict->obstacle == OBSTACLE_GO)
		advise_attach(verdict);
	why.end--; /* its end is zero already */
	if (verdict->obstacle == OBSTACLE_HIDDEN)
		permission_reason(&why, process, check->hidden);
	if (verdict->obstacle == OBSTACLE_NONE && target->elf.go && !settings->base.force)
		advise(verdict, GO_SETS_ITS_OWN);
}

enum effect verdict_effect(const struct verdict *verdict)
{
	switch (verdict->obstacle) {
	case OBSTACLE_NONE:
		return EFFECT_YES;
	case OBSTACLE_UNREADABLE:
	case OBSTACLE_FORMAT:
	case OBSTACLE_ORPHANED:
	case OBSTACLE_HIDDEN:
	case OBSTACLE_OVERWRITTEN:
		return EFFECT_UNKNOWN;
	default:
		return EFFECT_NO;
	}
}

const char *obstacle_name(enum obstacle obstacle)
{
	static const char *const names[] = {
		[OBSTACLE_NONE] = "",
		[OBSTACLE_OFF] = "off",
		[OBSTACLE_RULE] = "rule",
		[OBSTACLE_INTERPRETER] = "interpreter",
		[OBSTACLE_PRIVILEGE] = "privilege",
		[OBSTACLE_STATIC] = "static",
		[OBSTACLE_GO] = "go",
		[OBSTACLE_LIBRARY] = "library",
		[OBSTACLE_ARCHITECTURE] = "architecture",
		[OBSTACLE_UNREADABLE] = "unreadable",
		[OBSTACLE_FORMAT] = "format",
		[OBSTACLE_NOT_LOADED] = "not-loaded",
		[OBSTACLE_ORPHANED] = "orphaned",
		[OBSTACLE_KERNEL] = "kernel",
		[OBSTACLE_HIDDEN] = "hidden",
		[OBSTACLE_OVERWRITTEN] = "overwritten",
	};
	return names[obstacle];
}
