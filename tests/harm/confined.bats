# Programs that install a seccomp filter for themselves: none is killed for a call of the shim, and the options that
# its filter allows are set.

load ../helpers

# confined HOW ACTION CALL WHEN: becomes such a program, which prints what its sockets have, and how it ended (confined.c).
confined() {
	export LD_PRELOAD="$SHIM" "${SETTINGS[@]}"
	exec "$PROGRAMS/confined" "$@"
}

# each_filter COMMAND: runs the command with each combination of HOW ACTION CALL WHEN.
each_filter() {
	local how action call when

	for how in prctl by-number syscall tsync thread; do
		for action in kill kill-thread trap trace errno notify log; do
			case $how,$action in
			tsync,notify) continue ;; # no such filter
			by-number,kill) ;;
			by-number,*) continue ;; # as by prctl
			esac
			for call in setsockopt getsockopt socket getpeername statx openat write idle strict-idle; do
				for when in first later; do
					"$1" "$how" "$action" "$call" "$when"
				done
			done
		done
	done
}

# Listener, accepted socket and client must have the options that the filter allows to set.
allowed() {
	local expected='1/60 1/60 1/60 status 0'

	case $2,$3,$4 in
	log,*) ;;
	errno,*) [ "$1" != thread ] || return 0 # refused only in that thread, which makes no socket
		;;&
	*,setsockopt,first) expected='0/7200 0/7200 0/7200 status 0' ;;
	*idle,first) expected='1/7200 1/7200 1/7200 status 0' ;;
	esac
	assert_equal "$*: $(confined "$@")" "$*: $expected"
}

# The program must not be killed.
alive() {
	[[ $(confined "$@") == *"status 0" ]] || fail "$* ${SETTINGS[*]}: $(confined "$@")"
}

setup() {
	SETTINGS=()
	run "$PROGRAMS/confined" prctl kill none
	[[ $output == *"status 0" ]] || skip_as filters
}

@test "each kind of filter of a program's own, by prctl(2) and syscall(2): it survives, and what the filter allows is set" {
	each_filter allowed
}

@test "the same with rules that change values later, an option left to the kernel, and a log: it survives" {
	SETTINGS=(KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" KEEPALIVE_SHIM_USER_TIMEOUT=auto
		KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 off; role=server idle=20; role=client peer=127.0.0.1 count=kernel')
	each_filter alive
	grep -q "idle not set: the program's own seccomp filter may kill for that" "$BATS_TEST_TMPDIR/log"
}

# within ACTION CALL [NAME=VALUE...]: prints what a program prints that is started under a filter for that call, and its
# status.
within() {
	local action=$1 call=$2

	shift 2
	"$PROGRAMS/refuse" "$action" "$call" env "$@" "$PROGRAMS/conversation" </dev/null 2>&1
	echo "status $?"
}

@test "started under a filter that refuses a call: as without the shim; under one that kills: only for the program's own calls" {
	local call settings without

	for call in setsockopt getsockopt statx readlinkat prctl getsockname getpeername; do
		without=$(within EPERM "$call" -u LD_PRELOAD)
		for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" \
			KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 count=kernel; role=client port=1-65535 off'; do
			assert_equal "$call: $(within EPERM "$call" LD_PRELOAD="$SHIM" "$settings")" "$call: $without"
		done
	done
	for call in readlinkat prctl getsockname getpeername; do
		assert_equal "$call: $(within KILL "$call" LD_PRELOAD="$SHIM")" "$call: $(within KILL "$call" -u LD_PRELOAD)"
	done
	# A filter that kills for one of these ends the program, as keepalive-shim(7) says, unless KEEPALIVE_SHIM=off.
	for call in setsockopt getsockopt statx; do
		assert_equal "$call: $(within KILL "$call" LD_PRELOAD="$SHIM" KEEPALIVE_SHIM=off)" \
			"$call: $(within KILL "$call" -u LD_PRELOAD)"
	done
}

# LD_BIND_NOW: fewer steps.
@test "two threads install their first filters at the same time: whichever is ahead, the next socket() ended the program" {
	run --separate-stderr shimmed env LD_BIND_NOW=1 "$PROGRAMS/interleaved" install
	# shellcheck disable=SC2154 # set by run
	[ "$status" -ne 77 ] || skip_as ptrace
	assert_output "0 killed, 0 wrong"
	[ "${stderr% places}" -gt 300 ]
}

@test "a thread forks while another installs a filter: the child's sockets had no keepalive, for its whole life" {
	run --separate-stderr shimmed env LD_BIND_NOW=1 "$PROGRAMS/interleaved" fork
	[ "$status" -ne 77 ] || skip_as ptrace
	assert_output "0 killed, 0 wrong"
	[ "${stderr% places}" -gt 300 ]
}

@test "a thread that does not come back from installing a filter; a bad pointer where a filter answers: as without the shim" {
	require cc
	cat >"$BATS_TEST_TMPDIR/given-up.c" <<-'END'
		#include <errno.h>
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <netinet/in.h>
		#include <pthread.h>
		#include <setjmp.h>
		#include <signal.h>
		#include <stddef.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/prctl.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static sigjmp_buf back;
		static void handler(int number) { siglongjmp(back, number); }
		static void confine(unsigned number, unsigned action)
		{
			struct sock_filter filter[] = {
				BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
				BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
				BPF_STMT(BPF_RET | BPF_K, action), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
			struct sock_fprog program = { 4, filter };
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
		}
		static void *thread(void *action)
		{
			confine(SYS_prctl, *(unsigned *)action);
			if (!sigsetjmp(back, 1))
				confine(SYS_prctl, *(unsigned *)action);
			return NULL;
		}
		int main(int count, char **argument)
		{
			unsigned action = strcmp(argument[1], "trap") ? SECCOMP_RET_KILL_THREAD : SECCOMP_RET_TRAP;
			struct sigaction act = { .sa_handler = handler };
			pthread_t one;
			int value = 0;
			socklen_t length = sizeof(value);
			if (strcmp(argument[1], "pointer") == 0) {
				confine(SYS_rt_sigprocmask, SECCOMP_RET_KILL_PROCESS);
				printf("%d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (void *)8));
				printf(" %d\n", errno == EFAULT);
				return 0;
			}
			sigaction(SIGSYS, &act, NULL);
			pthread_create(&one, NULL, thread, &action);
			if (action == SECCOMP_RET_TRAP)
				pthread_join(one, NULL);
			else
				usleep(200000); // a killed thread cannot be joined
			getsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_KEEPALIVE, &value, &length);
			printf("keepalive %d\n", value);
			fflush(stdout);
			_exit(0);
		}
	END
	cc -O1 -w -pthread -o "$BATS_TEST_TMPDIR/given-up" "$BATS_TEST_TMPDIR/given-up.c"
	for how in kill trap; do
		run -0 shimmed "$BATS_TEST_TMPDIR/given-up" $how
		assert_output "keepalive 1"
	done
	run -0 shimmed "$BATS_TEST_TMPDIR/given-up" pointer
	assert_output "-1 1"
}

@test "a dlsym() of the program's own that calls syscall(2) for prctl(2) while the library is set up: it crashed" {
	require cc
	require_glibc
	require_machine x86_64 # for the symbol's version
	cc -shared -fPIC -w -o "$BATS_TEST_TMPDIR/dl.so" -x c - <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		void *dlsym(void *handle, const char *name)
		{
			char line[16];
			syscall(SYS_prctl, PR_GET_NAME, line, 0, 0, 0);
			return dlvsym(handle, name, "GLIBC_2.2.5");
		}
	END
	LD_PRELOAD="$SHIM:$BATS_TEST_TMPDIR/dl.so" run -0 "$PROGRAMS/values"
	assert_line --partial "socket $DEFAULTS"
}

# As chronyd and tor do.
@test "a filter made by libseccomp that knows the options by name: TCP_KEEPIDLE is left out, the rest is there" {
	require python3
	python3 -c 'import ctypes; ctypes.CDLL("libseccomp.so.2")' 2>/dev/null || skip "libseccomp is not installed"
	run shimmed python3 -c '
import ctypes, socket
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]
EQUAL, KILL, ALLOW = 4, 0x80000000, 0x7fff0000
context = ctypes.c_void_p(library.seccomp_init(ALLOW))
number = library.seccomp_syscall_resolve_name(b"setsockopt")
compare = (Compare * 2)(Compare(1, EQUAL, 6, 0), Compare(2, EQUAL, 4, 0))
assert library.seccomp_rule_add_array(context, ctypes.c_uint32(KILL), number, 2, compare) == 0
assert library.seccomp_load(context) == 0
sock = socket.socket()
print([sock.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))])'
	assert_success
	assert_output '[1, 7200, 10, 6]'
}

@test "vfork(), clone() with a stack of its own and posix_spawn(), also through syscall(2): as without the shim" {
	require cc
	cc -O1 -w -o "$BATS_TEST_TMPDIR/spawn" -x c - <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <sched.h>
		#include <signal.h>
		#include <spawn.h>
		#include <stdio.h>
		#include <sys/syscall.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static char stack[65536] __attribute__((aligned(16)));
		static int child(void *unused) { return syscall(SYS_getppid) > 0 ? 7 : 1; }
		int main(void)
		{
			int status, shown[4] = { 0 };
			pid_t pid;
			char *words[] = { "true", NULL };
			for (int i = 0; i < 100; i++) {
				if ((pid = vfork()) == 0)
					_exit(syscall(SYS_getpid) > 0 ? 7 : 1);
				waitpid(pid, &status, 0);
				shown[0] += WEXITSTATUS(status);
				if ((pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) == 0)
					_exit(7);
				waitpid(pid, &status, 0);
				shown[1] += WEXITSTATUS(status);
				pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
				waitpid(pid, &status, 0);
				shown[2] += WEXITSTATUS(status);
			}
			posix_spawn(&pid, "/bin/true", NULL, NULL, words, NULL);
			waitpid(pid, &status, 0);
			errno = 0;
			printf("%d %d %d %d; %ld ", shown[0], shown[1], shown[2], status, syscall(SYS_close, -1));
			printf("%d\n", errno);
			return 0;
		}
	END
	run shimmed "$BATS_TEST_TMPDIR/spawn"
	assert_output "$("$BATS_TEST_TMPDIR/spawn")"
	assert_line --partial "700 700 700 0; -1 9"
}

# What keepalive-shim(7) says of vfork(2): the child shares its parent's memory, and so what is known of filters.
@test "a filter that a child installs: its parent's next socket has what that allows after vfork(), everything after fork()" {
	local how

	require cc
	for how in fork vfork; do
		cc -O1 -w "-DHOW=$how" -o "$BATS_TEST_TMPDIR/$how" -x c - <<-'END'
			#define _GNU_SOURCE
			#include <linux/filter.h>
			#include <linux/seccomp.h>
			#include <stddef.h>
			#include <stdio.h>
			#include <sys/prctl.h>
			#include <sys/socket.h>
			#include <sys/syscall.h>
			#include <sys/wait.h>
			#include <unistd.h>
			#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
			#define IF(value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise)
			static struct sock_filter no_idle[] = {
				LOAD(nr), IF(SYS_setsockopt, 5), LOAD(args[1]), IF(6, 3), LOAD(args[2]), IF(4, 1),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
				BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
			};
			static struct sock_fprog program = { 8, no_idle };
			int main(void)
			{
				int status, fd, option[][2] = { { 1, 9 }, { 6, 4 }, { 6, 5 }, { 6, 6 } };
				if (HOW() == 0) {
					prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
					_exit(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0);
				}
				wait(&status);
				fd = socket(AF_INET, SOCK_STREAM, 0);
				printf("child %d, socket", status);
				for (int i = 0; i < 4; i++) {
					int value = -1;
					socklen_t length = sizeof(value);
					getsockopt(fd, option[i][0], option[i][1], &value, &length);
					printf(" %d", value);
				}
				putchar('\n');
				return 0;
			}
		END
	done
	run shimmed "$BATS_TEST_TMPDIR/fork"
	assert_output "child 0, socket 1 60 10 6"
	run shimmed "$BATS_TEST_TMPDIR/vfork"
	assert_output "child 0, socket 1 7200 10 6"
}
