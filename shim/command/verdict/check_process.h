/*
 * check_process: how a running process was started, as far as proc(5) shows it.
 */
#ifndef KEEPALIVE_CHECK_PROCESS_H
#define KEEPALIVE_CHECK_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "variables.h"
#include "verdict/reach.h"

struct process_check {
	bool kernel;      /* a kernel thread; everything else is zero */
	int hidden;       /* errno if it cannot be inspected: then only supervisor is known */
	bool library;     /* libkeepalive-shim.so is mapped */
	bool privileged;  /* AT_SECURE of getauxval(3): preloads and environment were not trusted */
	bool overwritten; /* its environment was overwritten, and the settings in it are lost */
	struct reach reach; /* where its calls lead, if it has the library and no supervisor */
	pid_t supervisor;   /* the process that supervises it; 0 if none is known to */
	pid_t served; /* the process that its supervisor was started for, whose settings apply */
	bool renamed; /* that process has ended, and served is one of its descendants */
	bool emptied; /* its environment, and that of served, were emptied: the settings cannot be seen */
	bool elsewhere; /* there is a supervisor, but in another network namespace or cgroup */
	bool orphaned;  /* there is a supervisor, but it is unknown which process it serves */
	bool outside;   /* it is served by a supervisor that cannot be seen from here, probably */
	bool file_changed;  /* the host's file, as the process sees it, is newer than the process */
	struct texts texts; /* its settings, in environment */
	char *environment;  /* for free(3) */
};

/* class is ELFCLASS32 or ELFCLASS64 of its executable. */
void check_process(pid_t pid, unsigned char class, struct process_check *check);

#endif
