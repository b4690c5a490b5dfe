/*
 * verdict: whether the shim takes effect in a program and, if not, why and what to do. One judgement
 * for `run` and `check`.
 */
#ifndef KEEPALIVE_VERDICT_H
#define KEEPALIVE_VERDICT_H

#include "program/library.h"
#include "program/target.h"
#include "settings.h"
#include "verdict/check_process.h"

enum effect { EFFECT_YES, EFFECT_NO, EFFECT_UNKNOWN };

/* What stands in the way of a preload. */
enum obstacle {
	OBSTACLE_NONE,
	OBSTACLE_OFF,          /* KEEPALIVE_SHIM=off */
	OBSTACLE_RULE,         /* a rule exempts the program */
	OBSTACLE_INTERPRETER,  /* its dynamic linker is missing: it cannot even start */
	OBSTACLE_PRIVILEGE,    /* setuid, setgid, file capabilities */
	OBSTACLE_STATIC,       /* no dynamic linker, so no preload */
	OBSTACLE_GO,           /* makes its own system calls */
	OBSTACLE_LIBRARY,      /* there is no library that can be preloaded */
	OBSTACLE_ARCHITECTURE, /* the library is for another one */
	OBSTACLE_UNREADABLE,   /* cannot tell: we may not read it */
	OBSTACLE_FORMAT,       /* cannot tell: no ELF executable, no script */
	OBSTACLE_NOT_LOADED,   /* a process that was started without */
	OBSTACLE_ORPHANED,     /* cannot tell: a supervisor may serve it */
	OBSTACLE_KERNEL,       /* no program at all */
	OBSTACLE_HIDDEN,       /* cannot tell: a process that we may not look into */
	OBSTACLE_OVERWRITTEN,  /* cannot tell: a process that has lost what it was started with */
};

struct verdict {
	enum obstacle obstacle;
	bool supervisable; /* supervision gets around the obstacle */
	char reason[512];  /* why not; empty where there is no obstacle */
	char advice[512];  /* what to do about it; may be empty */
};

/* error is what target_find() returned: 0 or ENOEXEC. */
void judge_program(const struct target *target, int error, const struct library *library,
		   const struct settings *settings, struct verdict *verdict);

/* The same for a running process. settings are those that it was started with. */
void judge_process(const struct process *process, const struct target *target,
		   const struct process_check *check, const struct settings *settings,
		   struct verdict *verdict);

enum effect verdict_effect(const struct verdict *verdict);

/* The obstacle in a word, for programs: "static", "go", "off"; "" for none. */
const char *obstacle_name(enum obstacle obstacle);

/* Whether rules and role leave every socket of the program alone. */
bool settings_exempt(const struct settings *settings);

#endif
