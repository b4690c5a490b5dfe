#!/usr/bin/env bats
# Settings: every value has its documented effect; a bad one is reported, does no harm, and the others still apply.

load helpers

# values SETTING...: what sockets of each role have under these settings (tests/programs/values.c).
values() {
	run --separate-stderr shimmed "$@" "$PROGRAMS/values"
}

# has ROLE TEXT: the line of that role contains it.
has() {
	grep -q "^$1 .*$2" <<<"$output" || fail "$1 has not '$2':
$output"
}

all_have() {
	local role

	for role in socket listener client server; do
		has "$role" "$1"
	done
}

@test "nothing set: 60 s, 10 s, 6 probes on every socket, and no output" {
	values
	assert_success
	all_have "$DEFAULTS user_timeout=0"
	assert_equal "$stderr" ""
}

@test "KEEPALIVE_SHIM=off in any spelling: sockets are as the kernel makes them" {
	for off in off OFF Off no No false FALSE 0; do
		values KEEPALIVE_SHIM=$off KEEPALIVE_SHIM_IDLE=nonsense
		all_have "$UNTOUCHED"
		assert_equal "$stderr" ""
	done
}

@test "KEEPALIVE_SHIM=on in any spelling: on" {
	for on in on ON yes true 1 ''; do
		values KEEPALIVE_SHIM=$on
		all_have "$DEFAULTS"
		assert_equal "$stderr" ""
	done
}

@test "durations: bare seconds, s, m, h, to the ends of their ranges" {
	for pair in 1:1 32767:32767 45s:45 5m:300 9h:32400 007:7; do
		values KEEPALIVE_SHIM_IDLE="${pair%:*}" KEEPALIVE_SHIM_INTERVAL="${pair%:*}"
		all_have "idle=${pair#*:} interval=${pair#*:}"
	done
	for count in 1 127; do
		values KEEPALIVE_SHIM_COUNT=$count
		all_have "count=$count"
	done
}

@test "kernel: the option has the network namespace's value, with keepalive on" {
	values KEEPALIVE_SHIM_IDLE=kernel KEEPALIVE_SHIM_INTERVAL=Kernel KEEPALIVE_SHIM_COUNT=KERNEL
	all_have "keepalive=1 idle=7200 interval=75 count=9"
	values KEEPALIVE_SHIM_INTERVAL=kernel
	all_have "keepalive=1 idle=60 interval=75 count=6"
}

@test "user timeout: off, a duration with its unit, auto" {
	values KEEPALIVE_SHIM_USER_TIMEOUT=off
	all_have "user_timeout=0"
	for pair in 90500ms:90500 90s:90000 2m:120000 1h:3600000 2147483647ms:2147483647; do
		values KEEPALIVE_SHIM_USER_TIMEOUT="${pair%:*}"
		all_have "user_timeout=${pair#*:}"
		assert_equal "$stderr" ""
	done
	values KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_IDLE=20 KEEPALIVE_SHIM_INTERVAL=5 KEEPALIVE_SHIM_COUNT=4
	all_have "user_timeout=40000"
}

@test "user timeout auto without numbers to add up is refused" {
	values KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_IDLE=kernel
	assert_success
	all_have "user_timeout=0"
	assert_equal "$(wc -l <<<"$stderr")" 1
	[[ $stderr == *"KEEPALIVE_SHIM_USER_TIMEOUT 'auto'"*"using off"* ]]
	values KEEPALIVE_SHIM_USER_TIMEOUT=auto KEEPALIVE_SHIM_IDLE=300 KEEPALIVE_SHIM_INTERVAL=32767 KEEPALIVE_SHIM_COUNT=127
	all_have "user_timeout=0"
	[[ $stderr == *"more than 2147483647ms"* ]]
}

@test "RTO cap: off, seconds, milliseconds" {
	"$PROGRAMS/values" | grep -q 'rto_max=[0-9]' || skip_as rto-max
	for pair in off:120000 1:1000 5s:5000 1500ms:1500 2m:120000; do
		values KEEPALIVE_SHIM_RTO_MAX="${pair%:*}"
		all_have "rto_max=${pair#*:}"
		assert_equal "$stderr" ""
	done
}

@test "role: only that side's sockets are touched" {
	values KEEPALIVE_SHIM_ROLE=client
	has socket "$DEFAULTS"
	has client "$DEFAULTS"
	has listener "$UNTOUCHED"
	has server "$UNTOUCHED"
	values KEEPALIVE_SHIM_ROLE=server
	has socket "$UNTOUCHED"
	has client "$UNTOUCHED"
	has listener "$DEFAULTS"
	has server "$DEFAULTS"
	values KEEPALIVE_SHIM_ROLE=both
	all_have "$DEFAULTS"
}

@test "an empty variable counts as not set" {
	values KEEPALIVE_SHIM= KEEPALIVE_SHIM_ROLE= KEEPALIVE_SHIM_IDLE= KEEPALIVE_SHIM_INTERVAL= KEEPALIVE_SHIM_COUNT= \
		KEEPALIVE_SHIM_USER_TIMEOUT= KEEPALIVE_SHIM_RTO_MAX= KEEPALIVE_SHIM_MODE= KEEPALIVE_SHIM_RULES= KEEPALIVE_SHIM_LOG=
	all_have "$DEFAULTS user_timeout=0"
	assert_equal "$stderr" ""
}

# refused NAME VALUE INSTEAD: one line names the variable, the value, what is accepted and what is used instead. The
# program succeeds, and another setting still applies.
refused() {
	local name=$1 value=$2 used=$3 other=KEEPALIVE_SHIM_COUNT=5 expected="count=5"

	[ "$name" != KEEPALIVE_SHIM_COUNT ] || { other=KEEPALIVE_SHIM_IDLE=50 expected="idle=50"; }
	values "$name=$value" "$other"
	assert_success
	all_have "$expected"
	[ "$(wc -l <<<"$stderr")" = 1 ] || fail "$name=$value: not one line: $stderr"
	[[ $stderr == "keepalive-shim: $name '"*"; accepted: "*"; using $used" ]] || fail "$name=$value: $stderr"
}

@test "a bad value gives one line naming variable, value, what is accepted, what is used" {
	long=$(printf '%010000d' 1)
	for value in abc 5x -1 0 32768 99999999999999999999 ' 60' '60 ' 5ms 1.5 0x10 60s60 s m "$long"; do
		refused KEEPALIVE_SHIM_IDLE "$value" 60s
		refused KEEPALIVE_SHIM_INTERVAL "$value" 10s
	done
	for value in abc 0 128 -1 5s 4294967297 18446744073709551617 "$long"; do
		refused KEEPALIVE_SHIM_COUNT "$value" 6
	done
	for value in 30 0 0s 5 abc -1s 2147483648ms 2147484s 99999999999999999999h 5mss "$long"; do
		refused KEEPALIVE_SHIM_USER_TIMEOUT "$value" off
	done
	for value in 0 999ms 121 121s 120001ms abc "$long"; do
		refused KEEPALIVE_SHIM_RTO_MAX "$value" off
	done
	refused KEEPALIVE_SHIM maybe on
	refused KEEPALIVE_SHIM onn on
	refused KEEPALIVE_SHIM_ROLE peer both
	refused KEEPALIVE_SHIM_MODE forced respect
	refused KEEPALIVE_SHIM_LOG relative/path off
	refused KEEPALIVE_SHIM_LOG "/$long" off
}

@test "a long value is shown in part, with its length" {
	values KEEPALIVE_SHIM_IDLE="$(printf '%010000d' 1)"
	[[ $stderr == *"... (10000 characters)"* ]]
	[ ${#stderr} -lt 300 ]
}

@test "a value with line breaks and escapes stays one line of plain text" {
	values KEEPALIVE_SHIM_IDLE=$'5\n\e[31mroot:x'
	assert_equal "$(wc -l <<<"$stderr")" 1
	[[ $stderr != *$'\e'* ]]
}

@test "every setting bad at once: a line for each, and the defaults apply" {
	values KEEPALIVE_SHIM=x KEEPALIVE_SHIM_ROLE=x KEEPALIVE_SHIM_IDLE=x KEEPALIVE_SHIM_INTERVAL=x KEEPALIVE_SHIM_COUNT=x \
		KEEPALIVE_SHIM_USER_TIMEOUT=x KEEPALIVE_SHIM_RTO_MAX=x KEEPALIVE_SHIM_MODE=x KEEPALIVE_SHIM_RULES=x KEEPALIVE_SHIM_LOG=x
	assert_success
	all_have "$DEFAULTS user_timeout=0"
	assert_equal "$(wc -l <<<"$stderr")" 10
}

@test "unwise values are used, with a warning" {
	values KEEPALIVE_SHIM_IDLE=5 KEEPALIVE_SHIM_INTERVAL=10
	all_have "idle=5 interval=10"
	[[ $stderr == *"warning: KEEPALIVE_SHIM_INTERVAL '10': the interval is longer"* ]]
	values KEEPALIVE_SHIM_IDLE=5
	[[ $stderr == *"warning: KEEPALIVE_SHIM_INTERVAL '10s': the interval is longer"* ]]
	values KEEPALIVE_SHIM_IDLE=312
	all_have "idle=312"
	[[ $stderr == *"warning: KEEPALIVE_SHIM_IDLE '312': "*"350s"* ]]
	values KEEPALIVE_SHIM_IDLE=311
	assert_equal "$stderr" ""
	values KEEPALIVE_SHIM_USER_TIMEOUT=79s
	all_have "user_timeout=79000"
	[[ $stderr == *"warning: KEEPALIVE_SHIM_USER_TIMEOUT '79s': "*"one lost probe"* ]]
	values KEEPALIVE_SHIM_USER_TIMEOUT=80s
	assert_equal "$stderr" ""
}

@test "MPTCP accepts any nonsense: our own check enforces the range" {
	require_mptcp
	run --separate-stderr shimmed KEEPALIVE_SHIM_IDLE=99999 KEEPALIVE_SHIM_USER_TIMEOUT=5m "$PROGRAMS/values" -m
	assert_success
	all_have "$DEFAULTS"
	[[ $stderr == *"KEEPALIVE_SHIM_IDLE '99999': out of range"* ]]
}

@test "the environment is read once: clearing it later changes nothing" {
	run shimmed KEEPALIVE_SHIM_IDLE=33 python3 -c '
import os, socket
os.environ.clear()
os.environ["KEEPALIVE_SHIM"] = "off"
print(socket.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))'
	assert_output 33
}

@test "variables of other tools, such as KEEPALIVE and KEEPALIVE_INTERVAL: not read, and no message" {
	values KEEPALIVE=0 KEEPALIVE_IDLE=5 KEEPALIVE_INTERVAL=30000 KEEPALIVE_COUNT=1 KEEPALIVE_ROLE=client \
		KEEPALIVE_USER_TIMEOUT=1s KEEPALIVE_RTO_MAX=1s KEEPALIVE_MODE=force KEEPALIVE_RULES=off \
		KEEPALIVE_LOG=stderr KEEPIDLE=7 DD_TCP_KEEPALIVE_TIME=8
	all_have "$DEFAULTS user_timeout=0"
	assert_equal "$stderr" ""
}
