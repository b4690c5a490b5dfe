#!/usr/bin/env bats
# Who wins: respect leaves the program its own values, force enforces ours, and the program cannot tell.

load helpers

values() {
	run --separate-stderr shimmed "$@"
	assert_success
	assert_equal "$stderr" ""
}

has() {
	grep -q "^$1 .*$2" <<<"$output" || fail "$1 has not '$2':
$output"
}

@test "respect: what the program sets stays, the others are ours" {
	values "$PROGRAMS/values" -s idle=200
	has client "keepalive=1 idle=200 interval=10 count=6"
	has server "keepalive=1 idle=200 interval=10 count=6"
	has listener "$DEFAULTS"
}

@test "respect: a program that switches keepalive off on every connection has it off" {
	values "$PROGRAMS/values" -s keepalive=0
	has client keepalive=0
	has server keepalive=0
}

@test "respect: what is set on a listener applies to the connections that it accepts" {
	values KEEPALIVE_SHIM_RULES='role=server idle=20 count=3' "$PROGRAMS/values" -l idle=200
	has listener "keepalive=1 idle=200 interval=10 count=3"
	has server "keepalive=1 idle=200 interval=10 count=3"
	values KEEPALIVE_SHIM_RULES='role=server idle=20' "$PROGRAMS/values" -l keepalive=0
	has listener "keepalive=0 idle=20"
	has server keepalive=0
}

@test "force: ours win over every option the program sets" {
	for own in keepalive=0 idle=200 interval=33 count=2; do
		values KEEPALIVE_SHIM_MODE=force "$PROGRAMS/values" -s $own -l $own
		has listener "$DEFAULTS"
		has client "$DEFAULTS"
		has server "$DEFAULTS"
	done
	values KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_USER_TIMEOUT=90s "$PROGRAMS/values" -s user_timeout=1000
	has client user_timeout=90000
}

@test "force: the program can set options that we leave to the kernel" {
	values KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_IDLE=kernel "$PROGRAMS/values" -s idle=200 -s user_timeout=1234
	has client "keepalive=1 idle=200 interval=10"
	has client user_timeout=1234
}

@test "force: the program's bad arguments still get the kernel's answer" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_MODE=force "$PROGRAMS/values" -s idle=99999
	assert_line "set idle=99999: Invalid argument"
	has client "$DEFAULTS"
}

@test "force: sockets of the other role are left to the program" {
	values KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=server "$PROGRAMS/values" -s idle=200
	has client "keepalive=0 idle=200"
	has server "$DEFAULTS"
}

# early SETTING...: listener, client and accepted socket of a program that sets its options before it listens and connects
# (bare 1/200/33, 1/200, 1/200/33), and a listener that sets SO_KEEPALIVE 0.
early() {
	run -0 shimmed "$@" python3 "$TESTS/programs/early.py"
	output=$(sed 's/.*(\(.*\), [0-9]*)$/\1/; s|, |/|g' <<<"$output" | paste -sd ' ')
}

@test "force in one role: what the program sets on sockets of the other one stands" {
	local settings

	for settings in KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_RULES='role=server off mode=respect' \
		KEEPALIVE_SHIM_RULES='role=server port=1-65535 off mode=respect'; do
		early KEEPALIVE_SHIM_MODE=force "$settings"
		assert_output "1/200/33/9 1/60/10/6 1/200/33/9 0/7200/75/9"
	done
	# listen() chooses the port, and only then it shows which rule applies.
	run -0 shimmed KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_RULES='role=server port=1-65535 off mode=respect' python3 -c '
import socket
s = socket.socket()
s.setsockopt(1, 9, 1)
s.setsockopt(6, 4, 200)
s.listen()
print(*[s.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))])'
	assert_output "1 200 75 9"
	early KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.1 off mode=respect'
	assert_output "1/60/10/6 1/200/75/9 1/60/10/6 1/60/10/6"
	early KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=server
	assert_output "1/60/10/6 1/200/75/9 1/60/10/6 1/60/10/6"
	early KEEPALIVE_SHIM_RULES='role=client mode=force'
	assert_output "1/200/33/6 1/60/10/6 1/200/33/6 0/60/10/6"
	early KEEPALIVE_SHIM_RULES='role=server mode=force'
	assert_output "1/60/10/6 1/200/10/6 1/60/10/6 1/60/10/6"
	early KEEPALIVE_SHIM_MODE=force
	assert_output "1/60/10/6 1/60/10/6 1/60/10/6 1/60/10/6"
}

@test "force: applies to a duplicate of the descriptor too" {
	run shimmed KEEPALIVE_SHIM_MODE=force python3 -c '
import socket
s = socket.socket()
d = s.dup()
d.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 200)
d.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))'
	assert_output "60 1"
}

@test "force and off: keepalive stays off; respect and off: the program decides" {
	values KEEPALIVE_SHIM_RULES='role=client off mode=force' "$PROGRAMS/values" -s keepalive=1
	has client "keepalive=0"
	values KEEPALIVE_SHIM_RULES='role=client off' "$PROGRAMS/values" -s keepalive=1
	has client "keepalive=1 idle=7200 interval=75 count=9"
}

@test "respect: a program's own user timeout below idle + 2 x interval: the socket stays as the program made it" {
	values "$PROGRAMS/values" -s user_timeout=30000
	has client "$UNTOUCHED user_timeout=30000"
	has server "$UNTOUCHED user_timeout=30000"
	has listener "$DEFAULTS"
	values "$PROGRAMS/values" -s keepalive=1 -s user_timeout=30000 -s count=4 # libpq
	has client "keepalive=1 idle=7200 interval=75 count=4 user_timeout=30000"
	values "$PROGRAMS/values" -l user_timeout=79999
	has listener "$UNTOUCHED user_timeout=79999"
	has server "$UNTOUCHED user_timeout=79999"
	has client "$DEFAULTS"
	values KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.1 idle=20 interval=5; idle=10 interval=10' \
		"$PROGRAMS/values" -s user_timeout=29000
	has client "$UNTOUCHED user_timeout=29000"
	run --separate-stderr shimmed KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/values" -s user_timeout=30000
	[[ $stderr == *"left alone: the program's own user-timeout of 30s is below idle + 2 x interval"* ]]
	[[ $stderr == *" client "*": left alone: the program's own user-timeout"* ]]
}

@test "respect: a program's own user timeout counts beside the idle time and interval that the socket would have" {
	local order own='idle=33 interval=10 count=6 user_timeout=64000'

	for order in '-s idle=33 -s user_timeout=64000' '-s user_timeout=64000 -s idle=33' \
		'-s user_timeout=1000 -s idle=33 -s user_timeout=64000' '-l idle=33 -l user_timeout=64000'; do
		# shellcheck disable=SC2086
		values "$PROGRAMS/values" $order
		has server "keepalive=1 $own"
	done
	values "$PROGRAMS/values" -s user_timeout=64000 -s idle=33
	has client "keepalive=1 $own"
	values "$PROGRAMS/values" -s idle=100 -s user_timeout=80000 # would be long enough for our idle time
	has client "keepalive=0 idle=100 interval=75 count=9 user_timeout=80000"
	values "$PROGRAMS/values" -s user_timeout=80000 -s interval=30
	has client "keepalive=0 idle=7200 interval=30 count=9 user_timeout=80000"
	values "$PROGRAMS/values" -s keepalive=1 -s idle=33 -s user_timeout=40000 # libpq
	has client "keepalive=1 idle=33 interval=75 count=9 user_timeout=40000"
	values "$PROGRAMS/values" -s user_timeout=30000 -s user_timeout=0 # set, and switched off again
	has client "$DEFAULTS user_timeout=0"
	values KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.1 idle=30 interval=5; role=client idle=60' "$PROGRAMS/values" \
		-s user_timeout=45000
	has client "keepalive=1 idle=30 interval=5 count=6 user_timeout=45000" # left alone until a rule with shorter times matched
}

@test "respect: a program's own user timeout that is long enough, or off, changes nothing; force sets ours" {
	values "$PROGRAMS/values" -s user_timeout=80000
	has client "$DEFAULTS user_timeout=80000"
	values "$PROGRAMS/values" -s user_timeout=0
	has client "$DEFAULTS user_timeout=0"
	values KEEPALIVE_SHIM_RULES='idle=10 interval=5' "$PROGRAMS/values" -s user_timeout=20000
	has client "keepalive=1 idle=10 interval=5 count=6 user_timeout=20000"
	values KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_USER_TIMEOUT=auto "$PROGRAMS/values" -s user_timeout=1000
	has client "$DEFAULTS user_timeout=120000"
}
