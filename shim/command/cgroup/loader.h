/*
 * loader: loads the programs made from settings into the kernel.
 */
#ifndef KEEPALIVE_LOADER_H
#define KEEPALIVE_LOADER_H

#include "cgroup/programs.h"

struct loaded {
	int program[PROGRAMS];     /* -1: not needed, or the kernel does not have this type */
	int socket_map, owned_map; /* theirs, as in struct emission */
};

/*
 * Loads the programs that the settings need. owner is as in struct emission. Returns false, with
 * what is missing in *why: a capability, a kernel version or configuration.
 */
bool load_programs(struct loaded *loaded, const struct settings *settings,
		   const struct untouched *untouched, uint32_t owner, struct text *why);
void loaded_close(struct loaded *loaded);

/*
 * The number of the map with the settings of one of our programs, which those loaded with it share.
 * 0 for another's, and if it may not be inspected (errno EPERM).
 */
uint32_t program_settings_map(uint32_t id);

/* What is in that map. Returns false if there is no such map any more. */
bool map_settings(uint32_t map, struct settings *settings);

#endif
