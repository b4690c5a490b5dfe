# Messages and log lines do no harm: they never end up in other data, and cause no signal, no waiting, no open
# descriptor, and no write through another user's link. What cannot be written is dropped.

load helpers

# with_stderr KIND,... [NAME=VALUE...]: what the fixture prints with each of these kinds of standard error.
with_stderr() {
	local kinds=$1

	shift
	run python3 "$TESTS/programs/with_stderr.py" "$kinds" env LD_PRELOAD="$SHIM" "$@" \
		"$PROGRAMS/armed" udp socket
	assert_success
}

# unharmed KIND...: what it prints if the program behaves as usual and nothing reaches the other end.
unharmed() {
	local kind

	for kind; do
		printf '%s:\nfd=3 %s\nstatus 0\n' "$kind" "$DEFAULTS"
	done
}

@test "standard error without a reader, full, on /dev/full: no SIGPIPE, no wait, nothing lost but the line" {
	local kinds=(pipe-full pipe-gone unix-full unix-gone /dev/full)

	with_stderr pipe,unix KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr
	assert_equal "$(grep -c "KEEPALIVE_SHIM_IDLE 'bad': not a duration" <<<"$output")" 2
	assert_equal "$(grep -c "fd 3: left alone: not TCP" <<<"$output")" 2
	[ "$(id -u)" != 0 ] || kinds+=(/proc/version) # only root may open it to write; each write then fails
	with_stderr "$(IFS=,; echo "${kinds[*]}")" KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr
	assert_output "$(unharmed "${kinds[@]}")"
}

@test "a terminal that nobody reads, full, or stopped: no wait, at load and in each hook" {
	local three=terminal,terminal-full,terminal-stopped program

	with_stderr "$three" KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr
	assert_equal "$(grep -c "KEEPALIVE_SHIM_IDLE 'bad': not a duration" <<<"$output")" 1
	assert_equal "$(grep -c "fd 3: left alone: not TCP" <<<"$output")" 1
	assert_equal "$(grep -c "^status 0$" <<<"$output")" 3
	# More lines than fit, so that the last one meets a nearly full buffer.
	program='import socket
for _ in range(1500): socket.socket(socket.AF_UNIX).close()'
	run python3 "$TESTS/programs/with_stderr.py" terminal,pipe,unix env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_LOG=stderr \
		python3 -c "$program"
	assert_equal "$(grep -c "^status 0$" <<<"$output")" 3
	run python3 "$TESTS/programs/with_stderr.py" "$three" env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_LOG=stderr \
		KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=20' "$PROGRAMS/values"
	assert_equal "$(grep -c "^status 0$" <<<"$output")" 3
}

@test "a terminal or pipe of another user: the message appears nevertheless" {
	require_root
	setpriv --reuid 65534 --clear-groups test -r "$SHIM" || skip "other users cannot read $SHIM"
	with_stderr another-user KEEPALIVE_SHIM_IDLE=bad
	assert_line --partial "KEEPALIVE_SHIM_IDLE 'bad': not a duration"
	with_stderr pipe KEEPALIVE_SHIM_IDLE=bad setpriv --reuid 65534 --clear-groups
	assert_line --partial "KEEPALIVE_SHIM_IDLE 'bad': not a duration"
}

@test "started without descriptor 2, which a library's constructor then opens: nothing is written to its file" {
	local opened flags

	require cc
	for flags in O_RDWR 'O_WRONLY|O_APPEND|O_CLOEXEC'; do
		opened=$BATS_TEST_TMPDIR/database
		cc -shared -fPIC -w -o "$BATS_TEST_TMPDIR/libdatabase.so" -x c - <<-END
			#define _GNU_SOURCE
			#include <fcntl.h>
			#include <unistd.h>
			__attribute__((constructor)) static void load(void)
			{
				int fd = open("$opened", O_CREAT | $flags, 0600);
				write(fd, "data\n", 5);
				if (fd != 2) _exit(9);
			}
		END
		: >"$opened"
		env LD_PRELOAD="$SHIM:$BATS_TEST_TMPDIR/libdatabase.so" KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_IDLE=bad \
			"$PROGRAMS/armed" udp socket 2>&- 3>&- 4>&-
		assert_equal "$(cat "$opened")" data
	done
}

@test "standard error is standard input's pipe (2<&0): nothing is added to the input" {
	run --separate-stderr bash -c 'printf "data\n" | env LD_PRELOAD="$1" KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr \
		sh -c "\"$2\" udp >/dev/null; cat" 2<&0' sh "$SHIM" "$PROGRAMS/armed"
	assert_success
	assert_output data
}

@test "started without descriptor 2, which a library's constructor makes a socket: no message is sent there" {
	local sockets=$BATS_TEST_TMPDIR/libsockets.so

	require cc
	cc -shared -fPIC -w -o "$sockets" -x c - <<-'END'
		#include <stdio.h>
		#include <sys/socket.h>
		#include <sys/un.h>
		#include <unistd.h>
		static struct sockaddr_un here = { AF_UNIX, "" };
		static int ends[3];
		__attribute__((constructor)) static void load(void)
		{
			socklen_t length = sizeof(here);
			ends[1] = socket(AF_UNIX, SOCK_STREAM, 0);
			if (ends[1] == 2) ends[1] = dup(2), close(2);
			bind(ends[1], (struct sockaddr *)&here, sizeof(sa_family_t));
			listen(ends[1], 1);
			getsockname(ends[1], (struct sockaddr *)&here, &length);
			ends[0] = socket(AF_UNIX, SOCK_STREAM, 0);
			connect(ends[0], (struct sockaddr *)&here, length);
			ends[2] = accept(ends[1], 0, 0);
		}
		__attribute__((destructor)) static void end(void)
		{
			char text[4096];
			shutdown(ends[0], SHUT_WR);
			printf("%d received %zd\n", ends[0], read(ends[2], text, sizeof(text)));
			fflush(stdout);
		}
	END
	run --separate-stderr sh -c 'exec env LD_PRELOAD="$1:$2" KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr "$3" 2>&- 3>&- 4>&-' \
		sh "$SHIM" "$sockets" "$PROGRAMS/armed"
	assert_line '2 received 0'
}

# The limit that keepalive-shim(7) names: such a socket cannot be told from one that the program was started with.
@test "the same with an end of socketpair() that exec would keep: the message goes there, unless it is closed on exec" {
	local flag pair=$BATS_TEST_TMPDIR/libpair.so

	require cc
	for flag in 0 SOCK_CLOEXEC; do
		cc -shared -fPIC -w -o "$pair" -x c - <<-END
			#define _GNU_SOURCE
			#include <fcntl.h>
			#include <stdio.h>
			#include <sys/socket.h>
			#include <unistd.h>
			static int ends[2], other;
			__attribute__((constructor)) static void load(void)
			{
				socketpair(AF_UNIX, SOCK_STREAM, $flag, ends);
				other = ends[ends[0] == 2];
			}
			__attribute__((destructor)) static void end(void)
			{
				char text[4096] = "";
				recv(other, text, sizeof(text) - 1, MSG_DONTWAIT);
				printf("%d: %s\n", ends[0] == 2 || ends[1] == 2, text);
				fflush(stdout);
			}
		END
		run --separate-stderr sh -c 'exec env LD_PRELOAD="$1:$2" KEEPALIVE_SHIM_IDLE=bad "$3" 2>&- 3>&- 4>&-' \
			sh "$SHIM" "$pair" "$PROGRAMS/armed"
		case $flag in
		0) assert_line --partial "1: keepalive-shim: KEEPALIVE_SHIM_IDLE 'bad': not a duration" ;;
		SOCK_CLOEXEC) assert_line "1: " ;;
		esac
	done
}

@test "standard error is a device that is not a terminal: it is neither opened again nor written to" {
	require strace
	[ -c /dev/net/tun ] && : 2>/dev/null <>/dev/net/tun || skip "/dev/net/tun cannot be opened"
	run strace -qq -e trace=openat,write -o "$BATS_TEST_TMPDIR/strace" sh -c 'exec env LD_PRELOAD="$1" \
		KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr "$2" udp socket 2<>/dev/net/tun' sh "$SHIM" "$PROGRAMS/armed"
	assert_success
	grep -q '^write(1, ' "$BATS_TEST_TMPDIR/strace"
	refute grep -E '/proc/self/fd/2|^write\(2|keepalive-shim: ' "$BATS_TEST_TMPDIR/strace"
}

@test "standard error was a file that is removed, and a new one got its inode and descriptor 2: no line in it" {
	local program='import os, socket, sys
error, database = sys.argv[1:]
before = os.stat(error).st_ino
os.unlink(error)
os.close(2)
os.set_inheritable(os.open(database, os.O_CREAT | os.O_WRONLY, 0o600), True)
socket.socket(socket.AF_UNIX)
print(os.fstat(2).st_ino == before, os.path.getsize(database))'

	run bash -c 'exec env LD_PRELOAD="$1" KEEPALIVE_SHIM_LOG=stderr python3 -c "$2" "$3" "$4" 2>"$3"' sh "$SHIM" "$program" \
		"$BATS_TEST_TMPDIR/error" "$BATS_TEST_TMPDIR/database"
	assert_success
	[[ $output != False* ]] || skip "this file system does not use an inode's number again at once"
	assert_output 'True 0'
}

@test "under inetd, where standard error is the peer, nothing is written there" {
	with_stderr tcp,tcp-full,tcp-gone KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr
	assert_output "$(unharmed tcp tcp-full tcp-gone)"
}

@test "the same if the peer is at the other end of a UNIX socket" {
	run python3 -c '
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
done = subprocess.run(sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs)
theirs.close()
print(ours.makefile().read(), "status", done.returncode)' \
		env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=bad KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/armed" udp
	refute_output --partial keepalive-shim
	assert_output --partial "status 0"
}

@test "a background job whose terminal has tostop is not stopped by a message" {
	with_stderr background KEEPALIVE_SHIM_IDLE=bad
	assert_line "status 0"
	assert_line --partial "KEEPALIVE_SHIM_IDLE 'bad': not a duration"
}

@test "descriptor 2 closed and reused by a pipe or a socket: nothing is written to it, no SIGPIPE" {
	local kind

	for kind in pipe unix udp; do
		run shimmed KEEPALIVE_SHIM_LOG=stderr python3 "$TESTS/programs/reused_stderr.py" "$kind"
		assert_line "read: nothing"
		refute_output --partial client # lines are logged only until the descriptor is closed
		run shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_COUNT=bad python3 \
			"$TESTS/programs/reused_stderr.py" "$kind" gone
		assert_success
		assert_line "read: nobody"
		assert_line --partial "KEEPALIVE_SHIM_COUNT 'bad': not a number"
	done
}

@test "descriptor 2 closed at start and taken by the first socket: that one is not written to" {
	require strace
	local output

	output=$(shimmed KEEPALIVE_SHIM_LOG=stderr strace -qq -e trace=sendto,write \
		-o "$BATS_TEST_TMPDIR/strace" "$PROGRAMS/armed" udp socket 2>&- 3>&- 4>&-)
	assert_equal "$output" "fd=2 $DEFAULTS"
	refute grep -E '^(sendto|write)\(2,' "$BATS_TEST_TMPDIR/strace"
}

# logged PATH: a program that logs there behaves as without a log.
logged() {
	run timeout 20 env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_LOG="$1" "$PROGRAMS/armed" udp socket udp socket 3>&- 4>&-
	assert_success
	assert_output "$(printf 'fd=%d %s\n' 3 "$DEFAULTS" 4 "$DEFAULTS")"
}

@test "a log that is full, read-only, a directory, a link to nothing, gone: the program does not notice" {
	local path

	mkfifo "$BATS_TEST_TMPDIR/fifo"
	ln -s loop "$BATS_TEST_TMPDIR/loop"
	for path in /dev/full /proc/version /proc/self/nothing / // /. /.. "$BATS_TEST_TMPDIR" \
		"$BATS_TEST_TMPDIR/none/log" "$BATS_TEST_TMPDIR/fifo" "$BATS_TEST_TMPDIR/loop/log" \
		"$BATS_TEST_TMPDIR/loop" "/$(printf 'a%.0s' {1..300})" "$(printf '/%.0s' {1..4000})"; do
		logged "$path"
	done
}

@test "a log whose directory vanishes and comes back: lines are lost, then written again" {
	cat >"$BATS_TEST_TMPDIR/vanish.py" <<-'END'
		import os, socket, sys
		directory = os.path.dirname(os.environ["KEEPALIVE_SHIM_LOG"])
		def connect():
		    server = socket.create_server(("127.0.0.1", 0))
		    socket.create_connection(server.getsockname())
		connect()
		os.rename(directory, directory + ".gone")
		connect()
		os.mkdir(directory)
		connect()
		print(len(os.listdir("/proc/self/fd")))
	END
	mkdir "$BATS_TEST_TMPDIR/logs"
	run shimmed KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/logs/log" python3 "$BATS_TEST_TMPDIR/vanish.py"
	assert_success
	assert_output "$(python3 -c 'import os; print(len(os.listdir("/proc/self/fd")))')"
	assert_equal "$(grep -c ' client ' "$BATS_TEST_TMPDIR/logs.gone/log")" 1
	assert_equal "$(grep -c ' client ' "$BATS_TEST_TMPDIR/logs/log")" 1
}

@test "RLIMIT_FSIZE and a log: no SIGXFSZ" {
	local output

	output=$(ulimit -f 0 && shimmed KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" "$PROGRAMS/transcript" 2>/dev/null |
		cksum)
	assert_equal "$output" "$("$PROGRAMS/transcript" 2>/dev/null | cksum)"
	[ -f "$BATS_TEST_TMPDIR/log" ]
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
}

@test "out of descriptors: no log line, no harm" {
	run bash -c 'ulimit -n 4; exec env LD_PRELOAD="$1" KEEPALIVE_SHIM_LOG="$2" "$3" udp socket' sh "$SHIM" \
		"$BATS_TEST_TMPDIR/log" "$PROGRAMS/armed" 3>&-
	assert_success
	assert_output "fd=3 $DEFAULTS"
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
}

# log_lines PATH [FILE]: how many lines are in FILE (by default PATH) after a program has logged one line to PATH.
log_lines() {
	shimmed KEEPALIVE_SHIM_LOG="$1" "$PROGRAMS/armed" udp
	cat -- "${2:-$1}" 2>/dev/null | wc -l
}

@test "the log is not opened through a link that others could have put there" {
	local open=$BATS_TEST_TMPDIR/open closed=$BATS_TEST_TMPDIR/closed

	mkdir "$open" "$closed"
	chmod 1777 "$open"
	touch "$closed/victim"
	ln -s "$closed/victim" "$open/link"
	ln -s "$closed" "$open/directory"
	ln -s "$closed/new" "$open/dangling"
	assert_equal "$(log_lines "$open/link")" 0
	assert_equal "$(log_lines "$open/directory/victim")" 0
	assert_equal "$(log_lines "$open/directory/../victim")" 0
	assert_equal "$(log_lines "$open/dangling")" 0
	[ ! -e "$closed/new" ]
	[ ! -s "$closed/victim" ]
	# A plain file there, and links in a directory of ours, are fine.
	assert_equal "$(log_lines "$open/log")" 1
	assert_equal "$(stat -c %a "$open/log")" 640
	ln -s victim "$closed/link"
	ln -s ../closed "$closed/directory"
	assert_equal "$(log_lines "$closed/directory/link" "$closed/victim")" 1
}

@test "a directory of another user is as untrusted as one that everybody can write to" {
	require_root
	local theirs=$BATS_TEST_TMPDIR/theirs

	mkdir "$theirs"
	touch "$BATS_TEST_TMPDIR/victim"
	ln -s ../victim "$theirs/link"
	chown 65534 "$theirs"
	assert_equal "$(log_lines "$theirs/link")" 0
	[ ! -s "$BATS_TEST_TMPDIR/victim" ]
}
