/*
 * host_file: /etc/keepalive-shim.conf, the settings of a host (keepalive-shim.conf(5)): whether it
 * can be trusted, and what it contains.
 *
 * Like the dynamic loader, we obey files in /etc that only root can write. Reading it never blocks,
 * except if it is on a file server that does not answer.
 */
#ifndef KEEPALIVE_HOST_FILE_H
#define KEEPALIVE_HOST_FILE_H

#include <stdint.h>

#include "complaint.h"
#include "variables.h"

enum { HOST_FILE_MAX = 65536 }; /* bytes */

/*
 * The default of /proc/sys/kernel/overflowuid: the owner shown for users without an id in this user
 * namespace.
 */
enum { HOST_FILE_NOBODY = 65534 };

/* Its text, in memory of its own, into which other texts may point. All zero if there is none. */
struct host_file {
	char *text;
	unsigned long length, room;
	const char *problem; /* why the file is not used; NULL if it is, or there is none */
};

/*
 * Opens and reads it. In a user namespace, files of the host's root may appear to belong to the
 * overflow user (user_namespaces(7)). If no user there has that id, it counts as root.
 */
void host_file_open(struct host_file *file);
void host_file_close(struct host_file *file);

/* The user ids to which the file and its directory may belong. */
struct host_file_owners {
	uint32_t root, also;
};

/* The same for the file in another directory, that of another process. */
void host_file_open_in(struct host_file *file, const char *directory,
		       struct host_file_owners owners);

/*
 * Whether this id is mapped (/proc/PID/uid_map, user_namespaces(7)); if so, *outside is the id
 * outside of the namespace.
 */
bool host_file_maps(struct slice map, unsigned long id, uint32_t *outside);

/*
 * Fills in the texts that are not set yet (NULL or empty). Complains of the file as a whole, and of
 * lines that are not settings; complain may be NULL. To be called once for each file, because it
 * modifies the text.
 */
void host_file_read(struct host_file *file, struct texts *texts, complain_function *complain,
		    void *context);

#endif
