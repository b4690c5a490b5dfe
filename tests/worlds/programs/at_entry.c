/*
 * at_entry LIBRARY: for each path on standard input, whether a process that executes it has the library mapped when the
 * program itself would begin. A breakpoint on its first instruction (AT_ENTRY) stops it there; the kernel jumps to that
 * instruction in a static program, and the dynamic linker, once everything is loaded, in any other. If a script starts
 * env(1), that continues to what it executes.
 * Prints "loaded PATH", "absent PATH" or "fails PATH"; "late PATH" after 10 seconds.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *library;

static unsigned long entry_of(pid_t pid)
{
	unsigned long pair[2], entry = 0;
	char path[64];
	FILE *auxv;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	auxv = fopen(path, "r");
	while (auxv && fread(pair, sizeof(pair), 1, auxv) == 1) {
		if (pair[0] == AT_ENTRY)
			entry = pair[1];
	}
	if (auxv)
		fclose(auxv);
	return entry;
}

static int maps(pid_t pid, const char *wanted)
{
	char path[64], line[4096];
	int found = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in))
		found = found || strstr(line, wanted);
	if (in)
		fclose(in);
	return found;
}

/* Puts a breakpoint at the address. Returns what was there before, or -1 if it is not mapped. */
static long set_breakpoint(pid_t pid, unsigned long at)
{
#ifdef __x86_64__
	static const unsigned long size = 1, instruction = 0xcc; /* int3 */
#else
	static const unsigned long size = 4, instruction = 0xd4200000; /* brk #0 */
#endif
	unsigned long mask = (1UL << 8 * size) - 1;
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, at, 0);
	if (errno || ptrace(PTRACE_POKETEXT, pid, at, ((unsigned long)word & ~mask) | instruction))
		return -1;
	return word;
}

static void let_go_on(pid_t pid, unsigned long at, long word)
{
	ptrace(PTRACE_POKETEXT, pid, at, word);
#ifdef __x86_64__
	/* The breakpoint was executed, so move back to its address. User registers: offset of rip. */
	ptrace(PTRACE_POKEUSER, pid, 16 * sizeof(long), at);
#endif
}

static int is_script(const char *path)
{
	char start[2] = "";
	FILE *in = fopen(path, "r");

	if (in && fread(start, 2, 1, in) != 1)
		start[0] = 0;
	if (in)
		fclose(in);
	return start[0] == '#' && start[1] == '!';
}

static int runs_env(pid_t pid)
{
	char path[64], program[4096];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	length = readlink(path, program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	return strcmp(program, "/usr/bin/env") == 0;
}

static volatile pid_t running;
static volatile int late;

static void end(int signal)
{
	(void)signal;
	late = 1;
	kill(running, SIGKILL);
}

static const char *look(const char *path)
{
	const char *answer = "fails";
	unsigned long at = 0;
	int status, begun = 0;
	long word = -1;
	pid_t pid = fork();

	if (pid == 0) {
		char *arguments[] = { (char *)path, NULL };

		if (!freopen("/dev/null", "r", stdin))
			_exit(126);
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		if (!freopen("/dev/null", "w", stderr))
			_exit(126);
		setenv("LD_PRELOAD", library, 1);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(path, arguments);
		_exit(127);
	}
	running = pid;
	late = 0;
	alarm(10);
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int signal = WSTOPSIG(status);

		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			at = entry_of(pid);
			word = set_breakpoint(pid, at);
			begun = 1;
			signal = 0;
		} else if (signal == SIGTRAP && begun) {
			if (!is_script(path) || !runs_env(pid)) {
				answer = maps(pid, library) ? "loaded" : "absent";
				kill(pid, SIGKILL);
			} else {
				let_go_on(pid, at, word);
			}
			signal = 0;
		}
		ptrace(PTRACE_CONT, pid, 0, signal);
	}
	alarm(0);
	return late ? "late" : answer;
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc != 2)
		errx(2, "at_entry LIBRARY");
	library = argv[1];
	signal(SIGALRM, end);
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		printf("%s %s\n", look(path), path);
		fflush(stdout);
	}
	return 0;
}
