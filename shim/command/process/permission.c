/* permission: finds out why another process may not be inspected, and what would help. */
#include "process/permission.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "process/capability.h"

char permission_ptrace_scope(void)
{
	char scope = '0';
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, &scope, 1) != 1)
			scope = '0';
		close(fd);
	}
	return scope;
}

static void kernel_too_old(struct text *text)
{
	struct utsname kernel;

	text_string(text, "this needs pidfd_getfd(2), new in Linux 5.6");
	if (uname(&kernel) == 0) {
		text_string(text, "; this is Linux ");
		text_string(text, kernel.release);
		text_string(text, " (on a newer one a seccomp filter withholds it)");
	}
}

/* ptrace(2), "Ptrace access mode checking". */
static void not_permitted(struct text *text, const struct process *process, int error)
{
	char scope = permission_ptrace_scope();
	bool privileged = capability_held(CAP_SYS_PTRACE) &&
			  (error == EPERM || capability_held(CAP_DAC_READ_SEARCH));

	if (privileged && scope != '3') {
		text_string(text, "refused despite CAP_SYS_PTRACE: a seccomp filter or a "
				  "security module forbids it, or the process is outside this "
				  "user namespace");
	} else if (error == EPERM && scope == '3') {
		text_string(text, "kernel.yama.ptrace_scope is 3, which forbids it to everybody "
				  "until the next boot");
	} else if (process->uid != geteuid()) {
		text_string(text, "it belongs to another user (uid ");
		text_number(text, process->uid);
		text_string(text, "): run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
	} else if (error == EPERM && scope != '0') {
		text_string(text, "kernel.yama.ptrace_scope is ");
		text_char(text, scope);
		text_string(text, ": run as root or with CAP_SYS_PTRACE, or set it to 0");
	} else {
		text_string(text,
			    "it is protected from its own user (setuid, file capabilities, not "
			    "dumpable), or a seccomp filter forbids it: run as root, or with "
			    "CAP_SYS_PTRACE");
	}
}

void permission_reason(struct text *text, const struct process *process, int error)
{
	if (error == ENOSYS)
		kernel_too_old(text);
	else if (error == EPERM || error == EACCES)
		not_permitted(text, process, error);
	else
		text_string(text, strerror(error));
}

void permission_explain(struct text *text, const struct process *process, int error)
{
	text_process(text, process);
	text_string(text, ": ");
	permission_reason(text, process, error);
}
