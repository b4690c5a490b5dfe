/*
 * loader: loads the programs made from settings into the kernel.
 *
 * All programs share two maps, which are pinned in the directory PINS, so that nested groups find each
 * other's entries, and so that this needs no CAP_SYS_ADMIN.
 */
#ifndef KEEPALIVE_LOADER_H
#define KEEPALIVE_LOADER_H

#include "cgroup/programs.h"

#define PINS "/sys/fs/bpf/keepalive-shim"

struct loaded {
	int program[PROGRAMS];     /* -1: not needed, or the kernel does not have this type */
	int socket_map, owned_map; /* theirs, as in struct emission */
	int text_map;              /* the settings */
};

/* Returns false, with what is missing in *why: a capability, or the kernel's version. */
bool load_is_possible(struct text *why);

/*
 * Loads the programs that the settings need, and pins the shared maps. owner is as in struct
 * emission. The caller has attached_lock_maps(). Returns false, with what is wrong in *why.
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

/* The same for an open one, which is closed; -1: none. */
bool settings_of_map(int map, struct settings *settings);

#endif
