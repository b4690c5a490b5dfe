/* systemd: starts systemctl(1) and systemd-analyze(1), without a shell, and reads their output. */
#include "service/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/message.h"

struct asked systemd_ask(const char *const *command)
{
	struct asked asked = { 0, NULL };
	int ends[2];

	fflush(stdout);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return asked;
	asked.pid = fork();
	if (asked.pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): away with const, which execvp(3) keeps */
		execvp(command[0], (char **)(uintptr_t)command);
		_exit(EXIT_NOT_FOUND);
	}
	close(ends[1]);
	if (asked.pid > 0)
		asked.answer = fdopen(ends[0], "re");
	else
		close(ends[0]);
	return asked;
}

int systemd_end(struct asked *asked)
{
	int status = EXIT_OURS << 8;

	if (asked->answer)
		fclose(asked->answer);
	while (asked->pid > 0 && waitpid(asked->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OURS;
}

bool systemd_property(const char *unit, const char *property, char *value, size_t size)
{
	const char *const command[] = { "systemctl", "show", "--value", "--property",
					property,    "--",   unit,      NULL };
	struct asked asked = systemd_ask(command);

	if (!asked.answer || !fgets(value, (int)size, asked.answer))
		value[0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return systemd_end(&asked) == 0 && value[0];
}
