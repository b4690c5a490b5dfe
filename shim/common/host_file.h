/*
 * host_file: /etc/keepalive-shim.conf, the settings of a host: whether it can be believed, and what
 * it says. keepalive-shim.conf(5).
 *
 * The dynamic loader takes its orders from files in /etc that root alone can write; so do we.
 * Reading it never waits for anybody, except for the file server that it is on.
 */
#ifndef KEEPALIVE_HOST_FILE_H
#define KEEPALIVE_HOST_FILE_H

#include <stdint.h>

#include "complaint.h"
#include "variables.h"

enum { HOST_FILE_MAX = 65536 }; /* bytes */

/* /proc/sys/kernel/overflowuid, which hardly anybody changes: shown for who has no number here. */
enum { HOST_FILE_NOBODY = 65534 };

/* Its text, in memory of its own, for texts that point into it. All zero: there is none. */
struct host_file {
	char *text;
	unsigned long length, room;
	const char *problem; /* why what is there is not read; NULL if nothing is */
};

/*
 * Opens and reads it. In a user namespace what belongs to the host's root may show as nobody's
 * (user_namespaces(7)): if nobody has that number there, it counts as root's.
 */
void host_file_open(struct host_file *file);
void host_file_close(struct host_file *file);

/* The user ids to which the file and its directory may belong. */
struct host_file_owners {
	uint32_t root, also;
};

/* The same for the one in another directory, that of another process. */
void host_file_open_in(struct host_file *file, const char *directory,
		       struct host_file_owners owners);

/*
 * Whether the map (/proc/PID/uid_map) gives this id a meaning; if it does, as whom it shows outside
 * in *outside. user_namespaces(7)
 */
bool host_file_maps(struct slice map, unsigned long id, uint32_t *outside);

/*
 * Fills in the texts that are not set yet (NULL or empty). Complains of the file as a whole, and of
 * lines that are no settings; complain may be NULL. Once for each file: the text is written over.
 */
void host_file_read(struct host_file *file, struct texts *texts, complain_function *complain,
		    void *context);

#endif
