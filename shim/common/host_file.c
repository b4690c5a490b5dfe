/* host_file: finds, checks and reads the settings of a host. */
#include "host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "assignments.h"
#include "file.h"
#include "system.h"

enum { OTHERS_WRITE = 0022 };

static bool is_roots_alone(const struct file *file, struct host_file_owners owners)
{
	return file->inode && (file->uid == owners.root || file->uid == owners.also) &&
	       !(file->mode & OTHERS_WRITE);
}

/* Why it is not trusted; NULL if it is. */
static const char *distrust(const struct file *file, const struct file *directory,
			    struct host_file_owners owners)
{
	if (file_kind(*file) != FILE_REGULAR)
		return "not a regular file";
	if (!is_roots_alone(file, owners))
		return "users other than root can write it";
	if (!is_roots_alone(directory, owners))
		return "users other than root can write to its directory";
	if (file->size > HOST_FILE_MAX)
		return "longer than 65536 bytes";
	return NULL;
}

static const char *cannot_open(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return NULL;
	case ELOOP:
		return "a symbolic link";
	case ENXIO:
		return "not a regular file";
	default:
		return "it cannot be opened for reading";
	}
}

/* Memory for a text and its terminating zero, or NULL. */
static char *room(unsigned long size)
{
#ifdef SYS_mmap2
	long number = SYS_mmap2;
#else
	long number = SYS_mmap;
#endif
	long at = system_call()(number, NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);

	return at == -1
		       ? NULL
		       : (char *)at; /* NOLINT(performance-no-int-to-ptr): a system call's result */
}

static unsigned long read_all(int fd, char *text, unsigned long size)
{
	unsigned long length = 0;
	long more;

	while (length < size) {
		more = system_call()(SYS_read, fd, text + length, size - length);
		if (more <= 0)
			break;
		length += (unsigned long)more;
	}
	return length;
}

static bool is_text(const char *text, unsigned long length)
{
	unsigned long i = 0;

	while (i < length && text[i])
		i++;
	return i == length;
}

static void take_text(struct host_file *file, int fd, unsigned long size)
{
	file->room = size + 1;
	file->text = room(file->room);
	if (!file->text)
		return;
	file->length = read_all(fd, file->text, size);
	if (!is_text(file->text, file->length)) {
		host_file_close(file);
		file->problem = "contains a zero byte";
	}
}

void host_file_open_in(struct host_file *file, const char *directory,
		       struct host_file_owners owners)
{
	char path[64];
	struct text text = { path, path, path + sizeof(path) - 1 };
	struct file found, above;
	int fd;

	*file = (struct host_file){ .text = NULL };
	text_string(&text, directory);
	text_string(&text, "/keepalive-shim.conf");
	*text.next = '\0';
	fd = (int)system_call()(SYS_openat, AT_FDCWD, path,
				O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		file->problem = cannot_open(system_error());
		return;
	}
	found = file_of(fd);
	above = file_named(directory);
	file->problem = distrust(&found, &above, owners);
	if (!file->problem)
		take_text(file, fd, (unsigned long)found.size);
	system_call()(SYS_close, fd);
}

void host_file_close(struct host_file *file)
{
	if (file->text)
		system_call()(SYS_munmap, file->text, file->room);
	file->text = NULL;
}

bool host_file_maps(struct slice map, unsigned long id, uint32_t *outside)
{
	struct slice word;

	/* Lines of three numbers: FIRST OUTSIDE COUNT. */
	while ((word = slice_next(&map, " \n")).length) {
		unsigned long first, there, count;

		if (!slice_number(word, UINT32_MAX, &first) ||
		    !slice_number(slice_next(&map, " \n"), UINT32_MAX, &there) ||
		    !slice_number(slice_next(&map, " \n"), UINT32_MAX, &count))
			return false;
		if (id >= first && id - first < count) {
			*outside = (uint32_t)(there + (id - first));
			return true;
		}
	}
	return false;
}

/* Whether the overflow user's id is mapped to no user in this process's user namespace. */
static bool nobody_is_mapped(void)
{
	char buffer[4096]; /* a page of lines, which is more than anybody has */
	struct slice map = { buffer, 0 };
	uint32_t outside;
	int fd = (int)system_call()(SYS_openat, AT_FDCWD, "/proc/self/uid_map",
				    O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return true;
	map.length = read_all(fd, buffer, sizeof(buffer));
	system_call()(SYS_close, fd);
	return map.length == sizeof(buffer) || host_file_maps(map, HOST_FILE_NOBODY, &outside);
}

void host_file_open(struct host_file *file)
{
	host_file_open_in(file, "/etc", (struct host_file_owners){ 0, 0 });
	if (file->problem && !nobody_is_mapped())
		host_file_open_in(file, "/etc", (struct host_file_owners){ 0, HOST_FILE_NOBODY });
}

static void complain_of(const struct assignment *line, const char *problem,
			complain_function *complain, void *context)
{
	struct complaint complaint = {
		.host_file = true,
		.line = line->line,
		.variable = VARIABLES,
		.value = line->name,
		.problem = problem,
		.accepted = "NAME=value, with one of the names in keepalive-shim(7)",
		.instead = "the other lines",
	};

	if (complain)
		complain(context, &complaint);
}

static void complain_of_file(const char *problem, complain_function *complain, void *context)
{
	struct complaint complaint = {
		.host_file = true,
		.variable = VARIABLES,
		.problem = problem,
		.accepted = "a text file up to 64 KiB, no link, that only root owns and can write, "
			    "in such a directory",
		.instead = "none of it",
	};

	if (complain)
		complain(context, &complaint);
}

static enum variable variable_of(struct slice name)
{
	unsigned i = 0;

	while (i < VARIABLES && !slice_is(name, variable_name(i)))
		i++;
	return i;
}

void host_file_read(struct host_file *file, struct texts *texts, complain_function *complain,
		    void *context)
{
	struct assignments from = { file->text, file->text + file->length, 1 };
	struct assignment line;

	if (file->problem)
		complain_of_file(file->problem, complain, context);
	while (file->text && assignment_next(&from, &line)) {
		enum variable variable = variable_of(line.name);

		if (line.problem || variable == VARIABLES) {
			complain_of(&line, line.problem ? line.problem : "no such setting",
				    complain, context);
			continue;
		}
		/* As in systemd, the last line with a name counts. */
		texts->host[variable] = line.value;
		if (texts->line[variable] || !texts->text[variable] || !*texts->text[variable]) {
			texts->text[variable] = line.value;
			texts->line[variable] = line.line;
		}
	}
}
