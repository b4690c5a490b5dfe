/*
 * unit_files: the files of a systemd unit: its fragment, by whatever name, and its drop-ins
 * (systemd.unit(5), "Unit File Load Path").
 */
#ifndef KEEPALIVE_UNIT_FILES_H
#define KEEPALIVE_UNIT_FILES_H

#include <limits.h>
#include <stdbool.h>

/* Where an administrator's own units and drop-ins are. */
#define UNIT_FOLDER "/etc/systemd/system"
/* Those that systemd makes for systemd-run(1) and such. */
#define TRANSIENT_FOLDER "/run/systemd/transient"

enum fragment { FRAGMENT_FOUND, FRAGMENT_MISSING, FRAGMENT_MASKED };

/*
 * Finds the unit's own file below root, and puts its path into path. If name is an alias, it
 * becomes the name of the unit that is meant.
 */
enum fragment unit_fragment(const char *root, char name[NAME_MAX + 1], char path[PATH_MAX]);

/*
 * Calls `take` for each drop-in that applies, in the order in which systemd reads them, but for
 * none with the name `except`, since ours takes the place of such a one.
 */
void unit_drop_ins(const char *root, const char *name, const char *except,
		   void (*take)(void *context, const char *path), void *context);

/* Whether the name is that of a template: "postgresql@.service". */
bool unit_is_template(const char *name);

#endif
