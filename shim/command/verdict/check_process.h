/*
 * check_process: how a running process was started, as far as proc(5) shows it to us.
 */
#ifndef KEEPALIVE_CHECK_PROCESS_H
#define KEEPALIVE_CHECK_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "variables.h"
#include "verdict/reach.h"

struct process_check {
	bool kernel;  /* it is a thread of the kernel, and the rest is zero */
	int hidden;   /* errno why it cannot be looked into: the rest but supervisor is not known */
	bool library; /* libkeepalive-shim.so is mapped */
	bool privileged;  /* AT_SECURE of getauxval(3): preloads and environment were not trusted */
	bool overwritten; /* its environment: settings in it are gone */
	struct reach reach; /* to where its calls lead, if it has the library and no supervisor */
	pid_t supervisor;   /* the process that supervises it; 0 for none that is known to */
	pid_t served; /* the process that its supervisor was started for, with the settings that hold */
	bool renamed; /* that one has ended, and served is one of those that came from it */
	bool emptied; /* its environment, and that of whom the supervisor names: settings do not show */
	bool elsewhere; /* a supervisor is there, but it is in another network namespace or cgroup */
	bool orphaned;  /* one may: there is one, but nothing shows whom it serves now */
	bool file_changed;  /* the host's file, as it sees it, is younger than the process */
	struct texts texts; /* its settings, in environment */
	char *environment;  /* for free(3) */
};

/* class is ELFCLASS32 or ELFCLASS64 of its executable. */
void check_process(pid_t pid, unsigned char class, struct process_check *check);

#endif
