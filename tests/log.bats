#!/usr/bin/env bats
# The log: a line for each socket with its values or the reason why it was left alone; nothing unless it is
# switched on.

load helpers

@test "stderr: one line each for listener, client and server, with ends and values" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/values"
	assert_success
	[ "$(wc -l <<<"$stderr")" = 3 ]
	grep -Eq '^keepalive-shim\[[0-9]+\] values: fd [0-9]+ listener 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$' <<<"$stderr"
	grep -Eq '^keepalive-shim\[[0-9]+\] values: fd [0-9]+ client 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$' <<<"$stderr"
	grep -Eq '^keepalive-shim\[[0-9]+\] values: fd [0-9]+ server 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:[0-9]+: idle=60s interval=10s count=6$' <<<"$stderr"
}

@test "the output of the program is the same with and without a log" {
	plain=$(shimmed "$PROGRAMS/values")
	logged=$(shimmed KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" "$PROGRAMS/values")
	assert_equal "$logged" "$plain"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" 3
}

@test "a path: lines of many processes are appended whole" {
	log=$BATS_TEST_TMPDIR/log
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		shimmed KEEPALIVE_SHIM_LOG="$log" "$PROGRAMS/values" >/dev/null &
	done
	wait
	assert_equal "$(grep -Ec '^keepalive-shim\[[0-9]+\] values: fd [0-9]+ .* count=6$' "$log")" 30
	assert_equal "$(wc -l <"$log")" 30
	[ "$(stat -c %a "$log")" = 640 ]
}

@test "what the program has set itself is listed" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/values" -s idle=200 -s count=3
	[[ $stderr == *" client "*"; the program's own: idle count"* ]]
}

@test "the line shows the values that the socket has: the program's, and those for which the kernel refused ours" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/values" -l idle=200 -l count=3
	[[ $stderr == *" listener "*": idle=200s interval=10s count=3; the program's own: idle count"* ]]
	[[ $stderr == *" server "*": idle=200s interval=10s count=3; the program's own: idle count"* ]]
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_COUNT=kernel "$PROGRAMS/values" \
		-l user_timeout=90000 -l keepalive=0
	[[ $stderr == *" listener "*": off; the program's own: user-timeout keepalive"* ]]
	[[ $stderr == *" client "*": idle=60s interval=10s count=kernel"* ]]
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_COUNT=kernel "$PROGRAMS/values" -l user_timeout=90000
	[[ $stderr == *" listener "*": idle=60s interval=10s count=kernel user-timeout=90s; the program's own: user-timeout"* ]]
	# Each option is the program's, and keepalive off.
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/values" -l keepalive=0 -l idle=5 -l interval=5 -l count=5 \
		-l user_timeout=90000 -l rto_max=5000
	[[ $stderr == *" listener "*": off; the program's own: idle interval count user-timeout "* ]]
	# Switched on by the program, and left alone by a rule.
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_RULES='role=client off' "$PROGRAMS/values" -s keepalive=1
	[[ $stderr == *" client "*": left alone: idle=kernel interval=kernel count=kernel by rule 1; the program's own: keepalive"* ]]
	require strace
	run --separate-stderr strace -qq -o "$BATS_TEST_TMPDIR/strace" -E LD_PRELOAD="$SHIM" -E KEEPALIVE_SHIM_LOG=stderr \
		-E KEEPALIVE_SHIM_RULES='role=server idle=20 interval=5' -e inject=setsockopt:error=EINVAL:when=1+2 "$PROGRAMS/values"
	[[ $stderr == *" refused by the kernel, errno 22"* ]]
	[[ $stderr != *" count=6"* ]] # every third call, which sets the count, was made to fail
	assert_equal "$(grep -Eo 'idle=[0-9]+s? interval=[0-9]+s? count=[0-9]+' <<<"$stderr" | tr -d s)" \
		"$(sed -n 's/^\(listener\|client\|server\) keepalive=1 \(.* count=[0-9]*\) .*/\2/p' <<<"$output")"
}

@test "a socket that was left alone is listed with the reason" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_ROLE=client "$PROGRAMS/values"
	[[ $stderr == *" listener "*"left alone: KEEPALIVE_SHIM_ROLE=client"* ]]
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_RULES='idle=50 role=client;role=server off' "$PROGRAMS/values"
	[[ $stderr == *" client "*"idle=50s interval=10s count=6 by rule 1"* ]]
	[[ $stderr == *" server "*"left alone: off by rule 2"* ]]
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr python3 -c '
import socket
socket.socket(socket.AF_UNIX)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM)'
	[[ $stderr == *": left alone: not TCP (domain 1, type 1, protocol 0)"* ]]
	[[ $stderr == *"left alone: not TCP (domain 2, type 2, protocol 0)"* ]]
}

@test "an option that the kernel refuses is listed with the reason" {
	require_mptcp
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_USER_TIMEOUT=5m "$PROGRAMS/values" -m
	[[ $stderr == *": user-timeout refused by the kernel, errno 92"* ]]
	[[ $stderr == *" listener "*": idle=60s interval=10s count=6 user-timeout=-"* ]]
}

@test "a log that cannot be written is dropped silently" {
	for log in /dev/full /proc/version /nonexistent/log "$BATS_TEST_TMPDIR" /dev/null/x; do
		run --separate-stderr shimmed KEEPALIVE_SHIM_LOG="$log" "$PROGRAMS/values"
		assert_success
		assert_equal "$stderr" ""
	done
}

@test "a device or a link that only root could have made is followed" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=/dev/stderr "$PROGRAMS/values"
	[ -L /dev/stderr ] || skip "/dev/stderr is missing"
	# Under bats, standard error is a file or a pipe, which opening /dev/stderr opens again.
	[[ $stderr == *"listener"* ]]
}

@test "a socket whose options the kernel all refused is not reported as one of the other role" {
	require strace
	run --separate-stderr strace -qq -o "$BATS_TEST_TMPDIR/strace" -E LD_PRELOAD="$SHIM" -E KEEPALIVE_SHIM_LOG=stderr \
		-e inject=setsockopt:error=ENOPROTOOPT "$PROGRAMS/loopback"
	[[ $stderr == *" client "*": left alone: TCP's options refused"* ]]
	[[ $stderr != *KEEPALIVE_SHIM_ROLE* ]]
}

@test "a program's name with line breaks and a terminal's commands in it: still one line, of plain text" {
	local program=$BATS_TEST_TMPDIR/$'val\nues\e[2J'

	cp "$PROGRAMS/values" "$program"
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$program"
	assert_success
	[ "$(wc -l <<<"$stderr")" = 3 ]
	[[ $stderr == *"] val?ues?[2J: fd "*" listener "* ]]
	# Terminals also obey control characters beyond ASCII, as one byte or in UTF-8: U+009B is CSI.
	program=$BATS_TEST_TMPDIR/$'\302\2332J\2332J\303\251t\303\251'
	cp "$PROGRAMS/values" "$program"
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$program"
	[[ $stderr == *"] ??2J?2J"$'\303\251t\303\251'": fd "*" listener "* ]]
	# U+2028 is a line separator, U+202E shows what follows from right to left, U+FEFF is invisible, U+202F is a blank.
	program=$BATS_TEST_TMPDIR/$'\342\200\250a\342\200\256b\357\273\277c\342\200\257'
	cp "$PROGRAMS/values" "$program"
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$program"
	[[ $stderr == *"] ???a???b???c"$'\342\200\257'": fd "*" listener "* ]]
}

# logged WAY PATH: makes a socket with the log at PATH, by preload, supervision or attach; the log is complete when this
# returns.
logged() {
	case $1 in
	preload) run shimmed KEEPALIVE_SHIM_LOG="$2" "$PROGRAMS/values" ;;
	supervision) run sh -c '"$1" run --supervise=always --log="$2" "$3" | cat' sh "$KEEPALIVE" "$2" "$PROGRAMS/values" ;;
	attach) run "$KEEPALIVE" attach --dry-run --log="$2" "$WAITS" ;;
	esac
}

@test "opening the log: mode 0640, links only if nobody else can have made them, nothing waits" {
	local way place=$BATS_TEST_TMPDIR
	coproc "$PROGRAMS/values" -w
	local WAITS=$COPROC_PID input=${COPROC[1]}
	read -r -u "${COPROC[0]}" _ && read -r -u "${COPROC[0]}" _ # the line about its socket, then "ready"
	mkdir "$place/shared" "$place/own"
	chmod 1777 "$place/shared"
	chmod 0755 "$place/own"
	mkfifo "$place/fifo"
	umask 022
	for way in preload supervision attach; do
		logged $way "$place/own/$way"
		[ -s "$place/own/$way" ] || fail "$way: no log"
		assert_equal "$way $(stat -c %a "$place/own/$way")" "$way 640"
		ln -s "$place/to-$way" "$place/own/link-$way"
		logged $way "$place/own/link-$way"
		[ -s "$place/to-$way" ] || fail "$way: a link of our own was not followed"
		ln -s "$place/from-$way" "$place/shared/$way"
		logged $way "$place/shared/$way"
		[ ! -e "$place/from-$way" ] || fail "$way: followed a link that anybody could have made"
		ln -s "$place" "$place/shared/directory-$way"
		logged $way "$place/shared/directory-$way/behind-$way"
		[ ! -e "$place/behind-$way" ] || fail "$way: followed a directory that anybody could have made"
		logged $way "$place/fifo"
	done
	exec {input}>&-
}
