# The same library file in the root file systems of four Debian releases, whose C libraries span five years: before
# and after libdl and libpthread became part of libc.so.6 (glibc 2.34), and musl.
load ../helpers
load results

# enter SUITE: sets $ROOT to its root file system, and copies this build's library ($PRELOAD) and a busybox for musl
# ($BUSYBOX) into it.
enter() {
	local busybox

	require_root
	world "Debian $1" "glibc, musl"
	ROOT=$("$TESTS/worlds/roots" "$1" 2>"$BATS_TEST_TMPDIR/why") || skip "$(cat "$BATS_TEST_TMPDIR/why")"
	busybox=$("$TESTS/worlds/roots" busybox 2>"$BATS_TEST_TMPDIR/why") ||
		skip "$(cat "$BATS_TEST_TMPDIR/why")"
	OURS=$(mktemp -d "$ROOT/tmp/shim-XXXXXX")
	cp "$SHIM" "$busybox" "$OURS/"
	SILENCE=$BATS_TEST_TMPDIR/silence # standard input without data and without an end
	mkfifo "$SILENCE"
	PRELOAD=/tmp/${OURS##*/}/${SHIM##*/}
	BUSYBOX=/tmp/${OURS##*/}/busybox
	# The beginning of a command line: INSIDE and SHIMMED run [NAME=VALUE...] COMMAND... in the root, with nothing else in
	# the environment.
	INSIDE=(chroot "$ROOT" /usr/bin/env -i)
	SHIMMED=("${INSIDE[@]}" LD_PRELOAD="$PRELOAD")
	WORLD_LIBC="$("${INSIDE[@]}" "$PYTHON" -c 'import os; print(os.confstr("CS_GNU_LIBC_VERSION"))'), $(musl_version)"
}

teardown() {
	end_background
	record
	[ -z "${OURS-}" ] || rm -rf "$OURS"
}

PYTHON=/usr/bin/python3

musl_version() {
	echo "musl $(chroot "$ROOT" /lib/ld-musl-x86_64.so.1 2>&1 | sed -n 's/^Version //p')"
}

is_established() {
	[ "$(sockets "$1" state=ESTABLISHED | wc -l)" -ge 1 ]
}

# free_port: a port that nobody listens on, below those that the kernel assigns by itself.
free_port() {
	local port

	until port=$((20000 + RANDOM % 12000)) && ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		:
	done
	echo "$port"
}

# serve COMMAND...: starts it in the root with the library; its pid is $server, its port $port.
serve() {
	background "${SHIMMED[@]}" "$@" 0<>"$SILENCE" >/dev/null
	server=$!
	port=$(port_of "$server")
	run sockets "$server" state=LISTEN
	assert_output --partial " $DEFAULTS "
}

# connect COMMAND...: starts a client in the same way; both ends of its connection to $server have keepalive.
connect() {
	background "${SHIMMED[@]}" "$@" 0<>"$SILENCE" >/dev/null
	client=$!
	await 15 is_established "$client"
	await 15 is_established "$server"
	run sockets "$client" state=ESTABLISHED
	assert_output --partial " $DEFAULTS "
	run sockets "$server" state=ESTABLISHED
	assert_output --partial " $DEFAULTS "
	ends=$((${ends-0} + 2))
}

python_server='import socket
listener = socket.create_server(("127.0.0.1", 0))
connection = listener.accept()[0]
while connection.recv(4096):
    pass'

perl_server='use IO::Socket::INET;
my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die $!;
my $connection = $listener->accept or die $!;
sleep 100;'

perl_client='use IO::Socket::INET;
my $connection = IO::Socket::INET->new("127.0.0.1:" . shift) or die $!;
sleep 100;'

# Programs of the release as servers and as clients, and busybox on musl as both.
programs_get_keepalive() {
	local port server client

	serve "$PYTHON" -c "$python_server"
	connect /usr/bin/nc.openbsd -d 127.0.0.1 "$port"
	end_background
	serve /usr/bin/nc.openbsd -dl 127.0.0.1 "$(free_port)"
	connect /usr/bin/perl -e "$perl_client" "$port"
	end_background
	serve /usr/bin/perl -e "$perl_server"
	connect /usr/bin/curl --silent --no-keepalive "http://127.0.0.1:$port/"
	end_background
	serve "$BUSYBOX" nc -l -p "$(free_port)" -s 127.0.0.1
	connect "$BUSYBOX" nc 127.0.0.1 "$port"
	end_background
	serve "$PYTHON" -c "$python_server"
	connect "$BUSYBOX" wget -q -O - "http://127.0.0.1:$port/"
	end_background
}

# same COMMAND...: its output, messages and exit status are the same as without the library.
same() {
	local with without

	without=$("${INSIDE[@]}" "$@" 2>&1; echo "status $?")
	with=$("${SHIMMED[@]}" "$@" 2>&1; echo "status $?")
	assert_equal "$with" "$without"
	commands=$((${commands-0} + 1))
}

# Most of these programs link only libc.so.6.
ordinary_commands_are_the_same() {
	same /usr/bin/cat /usr/bin/cat
	same /usr/bin/cat /nonexistent
	same /usr/bin/ls -la /usr/bin
	same /usr/bin/sha256sum /usr/bin/python3
	same /usr/bin/date -r /usr/bin/cat
	same /usr/bin/seq 1000
	same /usr/bin/false
	same /usr/bin/perl -e 'print "$]\n"; exit 3'
	same "$PYTHON" -c 'import socket; socket.socket(socket.AF_UNIX); print(socket.socket(type=2).fileno())'
	same /usr/bin/nc.openbsd -h
	same /usr/bin/curl --version
	same "$BUSYBOX" cat /etc/nsswitch.conf
}

# One message about a bad value, with either C library.
a_bad_value_is_reported() {
	local program

	for program in /usr/bin/cat "$BUSYBOX cat"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "${SHIMMED[@]}" KEEPALIVE_SHIM_COUNT=x $program /dev/null
		assert_success
		assert_output ""
		assert_equal "$stderr" "keepalive-shim: KEEPALIVE_SHIM_COUNT 'x': not a number; accepted: 1 to 127, or kernel; using 6"
	done
}

# As an administrator would load it into every program. Other tests use the same root, so the file is mounted over an
# empty one, in a private mount namespace. musl does not read this file.
ld_so_preload_reaches_every_program() {
	local list=$BATS_TEST_TMPDIR/ld.so.preload

	echo "$PRELOAD" >"$list"
	# shellcheck disable=SC2016 # for the inner shell
	SHIMMED=(unshare -m sh -c 'mount --bind "$1" "$2/etc/ld.so.preload" && shift && exec chroot "$@"'
		-- "$list" "$ROOT" /usr/bin/env -i)
	serve "$PYTHON" -c "$python_server"
	connect /usr/bin/nc.openbsd -d 127.0.0.1 "$port"
	same /usr/bin/cat /etc/nsswitch.conf
	same /usr/bin/ls -la /usr/bin
}

everything_holds() {
	enter "$1"
	programs_get_keepalive
	ordinary_commands_are_the_same
	a_bad_value_is_reported
	ld_so_preload_reaches_every_program
	echo "# $1: $WORLD_LIBC: keepalive at $ends ends of connections, $commands commands unchanged" >&3
	works "python3, perl, nc, curl; on musl busybox nc and wget: keepalive at all $ends ends of their connections; $commands other commands unchanged; also by /etc/ld.so.preload"
}

@test "Debian bullseye, whose libc.so.6 lacks dlsym: programs get keepalive, other programs do not change" {
	everything_holds bullseye
}

@test "Debian bookworm: programs get keepalive, other programs do not change" {
	everything_holds bookworm
}

@test "Debian trixie: programs get keepalive, other programs do not change" {
	everything_holds trixie
}

@test "Debian sid: programs get keepalive, other programs do not change" {
	everything_holds sid
}
