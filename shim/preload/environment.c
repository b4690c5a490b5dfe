/* environment: reads the settings from environ and from the host's file. */
#include "environment.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>

#include "activation.h"
#include "file.h"
#include "libc.h"
#include "memory.h"
#include "values.h"

static bool is_trusted(void)
{
	return !libc->getauxval(AT_SECURE);
}

static char **variables(void)
{
	return &__environ ? __environ : NULL;
}

/* The value of NAME=value for this name, or NULL. */
static const char *value_in(const char *entry, const char *name)
{
	while (*name && *entry == *name) {
		entry++;
		name++;
	}
	return !*name && *entry == '=' ? entry + 1 : NULL;
}

/* Like getenv(3), which may not exist. */
static const char *find(const char *name)
{
	const char *value = NULL;

	for (char **entry = variables(); entry && *entry && !value; entry++)
		value = value_in(*entry, name);
	return value;
}

/*
 * One pass, because most environments contain none of our variables, and those of a pod dozens that
 * begin with "KUBERNETES_".
 */
static void find_all(struct texts *texts)
{
	for (char **entry = variables(); entry && *entry; entry++) {
		if ((*entry)[0] != 'K' || (*entry)[1] != 'E')
			continue;
		for (unsigned i = 0; i < VARIABLES; i++) {
			const char *value = value_in(*entry, variable_name(i));

			if (value && !texts->text[i])
				texts->text[i] = value;
		}
	}
}

void environment_executable(char *name, size_t size)
{
	char path[PATH_MAX]; /* the whole result of readlinkat(2): the base name is at the end */
	long length =
		libc->syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof(path) - 1);
	const char *base = path;
	struct text text = { name, name, name + size - 1 };

	if (length <= 0) {
		text_string(&text, "?");
	} else {
		path[length] = '\0';
		for (const char *c = path; *c; c++)
			base = *c == '/' ? c + 1 : base;
		text_string(&text, base);
	}
	*text.next = '\0';
}

/* Then there is nothing more to look at. */
static bool is_off(const struct texts *texts)
{
	const char *text = texts->text[VARIABLE_KEEPALIVE];
	int word = text ? word_parse(VARIABLE_KEEPALIVE, slice_of(text)) : -1;

	return word >= 0 && !(word & 1);
}

void environment_read(struct settings *settings, struct host_file *file,
		      complain_function *complain)
{
	struct texts texts = { .text = { NULL } };
	char executable[256], comm[16] = "";
	struct program program = { NULL, NULL };

	*file = (struct host_file){ .text = NULL };
	if (is_trusted())
		find_all(&texts);
	/*
	 * If we are switched off, the values to restore on a service manager's sockets may be those
	 * of the host's file.
	 */
	if (!is_off(&texts) || environment_listen_fds()) {
		host_file_open(file);
		host_file_read(file, &texts, complain, NULL);
	}
	if (texts.text[VARIABLE_RULES]) {
		environment_executable(executable, sizeof(executable));
		program.executable = executable;
		if (libc->syscall(SYS_prctl, PR_GET_NAME, comm, 0, 0, 0) == 0)
			program.comm = comm;
	}
	settings_read(settings, &texts, &program, complain, &texts);
}

bool environment_said(const struct texts *texts)
{
	const char *said = find(SAID_VARIABLE);
	unsigned long digest;

	return said && slice_number(slice_of(said), UINT32_MAX, &digest) &&
	       digest == texts_digest(texts);
}

int environment_listen_fds(void)
{
	if (!is_trusted())
		return 0;
	return activation_count(find("LISTEN_FDS"), find("LISTEN_PID"),
				(unsigned long)libc->syscall(SYS_getpid));
}

static unsigned long journal(void)
{
	const char *text = is_trusted() ? find("JOURNAL_STREAM") : NULL;
	unsigned long inode = 0;

	while (text && *text && *text != ':')
		text++;
	if (text && *text == ':')
		slice_number(slice_of(text + 1), 0xffffffff, &inode);
	return inode;
}

bool environment_may_be_tcp(int fd)
{
	struct file file = file_of(fd);

	return !file.inode || (file_kind(file) == FILE_SOCKET && file.inode != journal());
}
