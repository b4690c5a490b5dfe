/*
 * verdict: whether the shim takes effect in a program and, if not, why and what to do. `run` and
 * `check` share this.
 */
#ifndef KEEPALIVE_VERDICT_H
#define KEEPALIVE_VERDICT_H

#include "program/library.h"
#include "program/target.h"
#include "settings.h"
#include "verdict/check_process.h"
#include "verdict/obstacles.h"

struct verdict {
	enum obstacle obstacle;
	bool supervisable; /* supervision gets around the obstacle */
	char reason[512];  /* why not; empty if there is no obstacle */
	char advice[1024]; /* what to do about it, or the limits of a yes; may be empty */
};

/* error is what target_find() returned: 0 or ENOEXEC. */
void judge_program(const struct target *target, int error, const struct library *library,
		   const struct settings *settings, struct verdict *verdict);

/* The same for a running process. settings are those that it was started with. */
void judge_process(const struct process *process, const struct target *target,
		   const struct process_check *check, const struct settings *settings,
		   struct verdict *verdict);

/* A process with an obstacle that has keepalive by its control group, with these settings. */
void judge_served_by_group(const struct target *target, const struct settings *settings,
			   struct verdict *verdict);

enum effect verdict_effect(const struct verdict *verdict);

/* The obstacle in a word, for programs: "static", "go", "off"; "" for none. */
const char *obstacle_name(enum obstacle obstacle);

/* Whether `run` silently starts a program with this obstacle. */
bool obstacle_starts(enum obstacle obstacle);

#endif
