/* path: cuts a path; without the GNU and POSIX versions of basename(3), which differ. */
#include "base/path.h"

#include <string.h>

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
