/*
 * loader: loads the programs made from settings into the kernel.
 */
#ifndef KEEPALIVE_LOADER_H
#define KEEPALIVE_LOADER_H

#include "cgroup/programs.h"

struct loaded {
	int program[PROGRAMS]; /* -1: not needed, or the kernel does not have this type */
	int socket_map;        /* theirs, as in struct emission */
};

/*
 * Loads the programs that the settings need. owner is as in struct emission. Returns false, with
 * what is missing in *why: a capability, a kernel version or configuration.
 */
bool load_programs(struct loaded *loaded, const struct settings *settings,
		   const struct untouched *untouched, uint32_t owner, struct text *why);
void loaded_close(struct loaded *loaded);

/*
 * The settings of one of our programs. Returns false for another's, and if it may not be inspected
 * (errno EPERM).
 */
bool program_settings(uint32_t id, struct settings *settings);

#endif
