/*
 * copy: `keepalive copy` copies the library and this command into a directory, for use without a
 * shell: in the init container of a pod, from an image that contains nothing else.
 *
 * Each file is written under another name and renamed into place: running programs may have the old
 * one mapped, and writing into that would kill them (SIGBUS).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/message.h"
#include "base/options.h"
#include "command.h"
#include "program/library.h"

static const char help[] =
	"Usage: keepalive copy [OPTION...] DIRECTORY\n"
	"Copies the library and this command into a directory, for all users, replacing\n"
	"older ones: an init container does so for the other containers of its pod.\n"
	"Programs that run with the older library continue with it. Prints the path of\n"
	"each file.\n"
	"\n"
	"  --library=PATH  copy this library\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 done; 125 not done.\n";

/* Returns false with errno. */
static bool copy_content(int from, int to)
{
	char part[16384];
	ssize_t got;

	while ((got = read(from, part, sizeof(part))) > 0) {
		for (ssize_t done = 0, put; done < got; done += put) {
			put = write(to, part + done, (size_t)(got - done));
			if (put < 0)
				return false;
		}
	}
	return got == 0;
}

/*
 * Replaces target by a file of another name beside it, which mkostemp(3) chooses: a fixed name, or
 * one with the process id, may be there already. In a container the id is 1 each time, and what a
 * copy leaves behind when it is killed outlives it in a volume. Returns false after a message.
 */
static bool copy_into(int from, const char *target, char *beside, mode_t mode)
{
	int to = mkostemp(beside, O_CLOEXEC);
	bool done;

	if (to < 0) {
		message("%s: no file can be made beside it: %s", target, strerror(errno));
		return false;
	}
	done = copy_content(from, to) && fchmod(to, mode) == 0 && rename(beside, target) == 0;
	if (!done) {
		message("%s: %s", target, strerror(errno));
		unlink(beside);
	}
	close(to);
	return done;
}

/* Copies source to directory/name; false after a message. */
static bool copy_file(const char *source, const char *directory, const char *name, mode_t mode)
{
	char target[PATH_MAX], beside[PATH_MAX];
	int from = open(source, O_RDONLY | O_CLOEXEC);
	bool done = false;

	if (from < 0)
		message("%s: %s", source, strerror(errno));
	else if (snprintf(target, sizeof(target), "%s/%s", directory, name) >= PATH_MAX ||
		 snprintf(beside, sizeof(beside), "%s/.%s.XXXXXX", directory, name) >= PATH_MAX)
		message("%s/%s: %s", directory, name, strerror(ENAMETOOLONG));
	else
		done = copy_into(from, target, beside, mode);
	if (done)
		puts(target);
	if (from >= 0)
		close(from);
	return done;
}

static int copy(const char *given, const char *directory)
{
	static const char self[] = "/proc/self/exe";
	static struct library library;
	struct elf own = { .go = false };

	elf_read_path(self, &own);
	if (!library_find(given, own.abi, &library))
		return EXIT_OURS;
	if (!library.path[0]) {
		message(LIBRARY_NAME " was found neither beside this command nor in an installed "
				     "place; name it with --library=PATH");
		return EXIT_OURS;
	}
	if (!copy_file(library.path, directory, LIBRARY_NAME, 0644) ||
	    !copy_file(self, directory, "keepalive", 0755))
		return EXIT_OURS;
	return 0;
}

int command_copy(int argc, char **argv)
{
	const char *library = NULL;
	const struct option_row rows[] = { { .name = "library", .text = &library }, { 0 } };
	const struct options options = { .help = help, .rows = rows };
	int status;
	char **arguments = options_read(argc, argv, &options, &status);

	if (!arguments)
		return status;
	if (!arguments[0] || arguments[1]) {
		message("copy: expected one DIRECTORY (see --help)");
		return EXIT_OURS;
	}
	return copy(library, arguments[0]);
}
