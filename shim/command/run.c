/* run: `keepalive run` starts a program with keepalive, in place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lookalikes.h"
#include "base/message.h"
#include "base/options.h"
#include "base/settings_options.h"
#include "command.h"
#include "program/library.h"
#include "program/target.h"
#include "supervise/supervise.h"
#include "verdict/limits.h"
#include "verdict/verdict.h"

enum supervise { SUPERVISE_AUTO, SUPERVISE_ALWAYS, SUPERVISE_NEVER };

struct request {
	struct settings_options options;
	const char *library;
	const char *argv0; /* COMMAND's argv[0]; NULL: as it was typed */
	enum supervise supervise;
	bool best_effort;
	bool outer;     /* the settings of an outer run apply */
	char **command; /* COMMAND and its arguments */
	struct title title;
};

static const char help[] =
	"Usage: keepalive run [OPTION...] [--] COMMAND [ARG...]\n"
	"Starts COMMAND with TCP keepalive, in place: same process, same exit status.\n"
	"Programs that a preload does not reach (static, Go) are supervised by seccomp\n"
	"user notification; setuid programs that these start then gain no privileges.\n"
	"\n"
	"  --supervise=WHEN         auto: if COMMAND needs it; always: COMMAND and all\n"
	"                           programs that it starts; never (auto)\n"
	"  --argv0=NAME             the name that COMMAND gets as argv[0], as with env(1)\n"
	"  --best-effort            if COMMAND cannot have keepalive, start it without\n"
	"  --library=PATH           the shim's library, if not in one of the usual places\n";
static const char help_below[] =
	"  --help, --version\n"
	"\n"
	"Options override the variables of keepalive-shim(7), KEEPALIVE_SHIM_IDLE and so\n"
	"on, and these override /etc/keepalive-shim.conf.\n"
	"Exit status: COMMAND's; 125 if keepalive fails, 126 if COMMAND cannot be\n"
	"executed, 127 if it is not found.\n";

static bool take_supervise(void *context, const char *argument)
{
	struct request *request = context;
	static const char *const words[] = { "auto", "always", "never" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(argument, words[i]) == 0) {
			request->supervise = i;
			return true;
		}
	}
	message("--supervise '%s': not known; accepted: auto, always or never", argument);
	return false;
}

/*
 * From the command's own name, which is before argv, as far as the strings of both follow each
 * other.
 */
static struct title title_of(char **argv)
{
	struct title title = { argv[-1], 0 };
	char **const lists[] = { argv - 1, environ };

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (char **string = lists[i]; string && *string; string++) {
			if (*string == title.start + title.size)
				title.size += strlen(*string) + 1;
		}
	}
	return title;
}

/* Returns false if there is nothing left to do, with the exit status in *status. */
static bool read_arguments(int argc, char **argv, struct request *request, int *status)
{
	const struct option_row rows[] = {
		{ .name = "library", .text = &request->library },
		{ .name = "argv0", .text = &request->argv0 },
		{ .name = "supervise", .take = take_supervise },
		{ .name = "best-effort", .flag = &request->best_effort },
		{ 0 },
	};
	const struct options options = {
		.help = help,
		.help_below = help_below,
		.in_front = true,
		.settings = &request->options,
		.context = request,
		.rows = rows,
	};

	request->command = options_read(argc, argv, &options, status);
	if (request->command && !request->command[0]) {
		message("run: no COMMAND given (see --help)");
		*status = EXIT_OURS;
	}
	return request->command && request->command[0];
}

/* The exit status if COMMAND cannot be started, as that of env(1). */
static int status_of(int error)
{
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

/*
 * A text file without a #! line is run by the shell: glibc's execvp() does that, musl's does not.
 */
static void execute_by_shell(const struct target *target, char **command)
{
	static char shell[] = "/bin/sh";
	static char path[sizeof(target->path)];
	size_t count = 0;
	char **arguments;

	while (command[count])
		count++;
	arguments = calloc(count + 2, sizeof(*arguments)); /* the shell first, a NULL last */
	if (!arguments)
		return;
	memcpy(path, target->path, sizeof(path));
	arguments[0] = shell;
	arguments[1] = path;
	memcpy(arguments + 2, command + 1, count * sizeof(*arguments));
	execv(shell, arguments);
	free(arguments);
}

/*
 * expected is the error of target_find(), or 0. Whether it matters, execve(2) decides.
 */
static int execute(const struct request *request, const struct target *target, int expected)
{
	int error;

	if (request->argv0) {
		request->command[0] = strdup(request->argv0);
		if (!request->command[0])
			abort();
	}
	execvp(target->path, request->command);
	if (errno == ENOEXEC && strcmp(target->executable, target->path) != 0)
		execute_by_shell(target, request->command);
	error = errno;
	if (error == expected) {
		target_say_error(target, request->command[0], error);
		return status_of(error);
	}
	if (error == ENOENT && target->interpreter_missing) {
		message("'%s': its dynamic linker '%s' is missing", target->executable,
			target->elf.interpreter);
		return EXIT_NOT_FOUND;
	}
	message("'%s': %s", target->path, strerror(error));
	return status_of(error);
}

/*
 * COMMAND would run without keepalive, which is done only with --best-effort. Returns whether to
 * continue.
 */
static bool accept_without(const struct request *request, const char *reason, const char *advice)
{
	if (request->best_effort) {
		warning("'%s' runs without keepalive: %s", request->command[0], reason);
		return true;
	}
	message("'%s' would run without keepalive: %s", request->command[0], reason);
	message("%s%sto start it anyway, add --best-effort", advice, *advice ? "; " : "");
	return false;
}

/* no_new_privs would deprive the program of its setuid privileges. */
static bool loses_privileges(const struct target *target)
{
	return target->privilege != PRIVILEGE_NONE && !supervise_keeps_privileges();
}

static bool supervise(struct request *request, const struct target *target,
		      const struct settings *settings)
{
	char line[512];
	struct text why = { line, line, line + sizeof(line) - 1 };
	const char *waiting = supervise_waiting(settings);
	const struct supervise_terms terms = {
		.title = request->title,
		.unreadable = !target->readable,
		.best_effort = request->best_effort,
	};

	if (loses_privileges(target))
		return accept_without(request,
				      "it is setuid, setgid or has file capabilities; preloads are "
				      "ignored in it, and under supervision it would lose them",
				      "");
	if (settings->role & ROLE_SERVER && settings_ask_peer(settings, ROLE_SERVER))
		warning("rules by peer do not apply to connections that a supervised program "
			"accepts: these have their listener's values");
	if (waiting)
		warning("with these roles or rules %s for the supervisor, and a signal "
			"can interrupt such a call before it starts: see keepalive-run(1), "
			"SECURITY",
			waiting);
	switch (supervise_start(settings, &terms, &why)) {
	case SUPERVISION_ON:
		if (!supervise_reaches_children(settings))
			warning("kernel.yama.ptrace_scope is not 0: roles, rules and force hold in "
				"'%s' "
				"itself, but not in processes that it starts; run as root or with "
				"CAP_SYS_PTRACE, or set it to 0",
				request->command[0]);
		return true;
	case SUPERVISION_PARTLY:
		*why.next = '\0';
		warning("'%s' has the same values on all its sockets: %s", request->command[0],
			line);
		return true;
	case SUPERVISION_OUTER:
		request->outer = true;
		warning("'%s' is supervised already: the settings of the outer 'keepalive run' "
			"apply",
			request->command[0]);
		return true;
	case SUPERVISION_REFUSED:
		*why.next = '\0';
		return accept_without(request, line, "");
	case SUPERVISION_BROKEN:
		break;
	}
	message("cannot supervise '%s': the supervisor has ended", request->command[0]);
	return false;
}

/* Whether COMMAND itself is to be supervised. */
static bool wants_supervision(const struct request *request, const struct verdict *verdict)
{
	if (request->supervise == SUPERVISE_ALWAYS)
		return verdict->obstacle != OBSTACLE_RULE;
	return request->supervise == SUPERVISE_AUTO && verdict->supervisable;
}

/* AddressSanitizer's runtime is loaded with the program, behind us, and works there. */
static void allow_before_asan(void)
{
	static const char wanted[] = "verify_asan_link_order=0";
	const char *options = getenv("ASAN_OPTIONS");
	char *longer;

	if (asprintf(&longer, "%s%s%s", options ? options : "", options && *options ? ":" : "",
		     wanted) < 0 ||
	    setenv("ASAN_OPTIONS", longer, 1) != 0)
		abort();
	free(longer);
}

/* timeout(1) and the like may start what only supervision reaches. */
static void warn_of_given(const struct request *request, const struct target *target)
{
	char line[256];
	struct text text = TEXT(line);

	text_given(&text, target);
	warning("'%s': %.*s", request->command[0], (int)(text.next - text.start), text.start);
}

/*
 * Whether what COMMAND starts can load the library, as far as can be told from COMMAND itself: a
 * static program of another architecture may start dynamic ones, for which the library is wrong.
 */
static bool fits(const struct library *library, const struct target *target)
{
	return !target->elf.abi.data || abi_is_same(target->elf.abi, library->abi);
}

/* Prepares what COMMAND needs. Returns false, after a message, if it must not start. */
static bool prepare(struct request *request, const struct target *target,
		    const struct library *library, const struct verdict *verdict,
		    const struct settings *settings)
{
	if (library->usable && request->supervise != SUPERVISE_ALWAYS && fits(library, target))
		library_preload(library);
	if (target->is_musl)
		library_drop_foreign(target->elf.abi);
	if (target->traits.asan)
		allow_before_asan();
	if (wants_supervision(request, verdict))
		return supervise(request, target, settings);
	if (target->given[0] && request->supervise == SUPERVISE_AUTO)
		warn_of_given(request, target);
	if (obstacle_starts(verdict->obstacle))
		return true;
	if (request->supervise == SUPERVISE_NEVER && verdict->obstacle != OBSTACLE_LIBRARY) {
		warning("'%s' runs without keepalive: %s", request->command[0], verdict->reason);
		return true;
	}
	return accept_without(request, verdict->reason, verdict->advice);
}

int command_run(int argc, char **argv)
{
	struct request request = { .supervise = SUPERVISE_AUTO };
	static struct settings settings;
	static struct target target;
	static struct library library;
	struct sources sources;
	struct program program;
	struct verdict verdict;
	int status, error;

	request.title = title_of(argv);
	if (!read_arguments(argc, argv, &request, &status))
		return status;
	lookalikes_warn(environ, false);
	error = target_find(request.command, &target);
	program = target_program(&target);
	settings_options_sources(&request.options, &sources);
	/* Warn about every rule, because the library does not repeat it in programs below. */
	if (!sources_read(&sources, NULL, &settings, !sources_said(&sources)) ||
	    !sources_read(&sources, &program, &settings, false) ||
	    (settings.on && !library_find(request.library, target.elf.abi, &library)))
		return EXIT_OURS;
	if (error && !target.executable[0]) {
		target_say_error(&target, request.command[0], error);
		return status_of(error);
	}
	if (settings.on && !target.traits.imports_socket)
		target_read_libraries(&target);
	judge_program(&target, error, &library, &settings, &verdict);
	if (settings.on && !prepare(&request, &target, &library, &verdict, &settings))
		return EXIT_OURS;
	if (!request.outer)
		settings_options_export(&request.options, &sources);
	if (!settings.on && supervise_is_on())
		warning("'%s' is supervised anyway, by the outer 'keepalive run'",
			request.command[0]);
	return execute(&request, &target, error);
}
