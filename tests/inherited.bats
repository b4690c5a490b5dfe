#!/usr/bin/env bats
# Sockets that were open before main(): inetd, socket activation, a listener from another process.

load helpers

setup() {
	parent=$TESTS/programs/parent.py
}

@test "inetd nowait: the connection on 0, 1 and 2 gets keepalive" {
	run python3 "$parent" connection -- env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=33 "$PROGRAMS/values-of" 0 1 2
	assert_success
	for fd in 0 1 2; do
		assert_line --regexp "^$fd keepalive=1 idle=33 interval=10 count=6"
	done
}

@test "inetd nowait: a bad setting is not written to the peer" {
	run python3 "$parent" connection -- env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=x KEEPALIVE_SHIM_LOG=stderr "$PROGRAMS/values-of" 0
	assert_success
	refute_output --partial "keepalive-shim"
	assert_line --regexp "^0 keepalive=1 idle=60"
}

@test "inetd wait: the listener on 0, and the connection that started the service" {
	run python3 "$parent" listener -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" -a 0
	assert_success
	assert_line --regexp "^0 $DEFAULTS"
	assert_line --regexp "^accepted 1 $DEFAULTS" # waited in the queue
	assert_line --regexp "^accepted 2 $DEFAULTS" # came later
}

@test "socket activation: all sockets of our LISTEN_FDS get keepalive" {
	run python3 "$parent" activation -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" -a 3 4
	assert_success
	assert_line --regexp "^3 $DEFAULTS"
	assert_line --regexp "^4 $DEFAULTS"
	assert_line --regexp "^accepted 1 $DEFAULTS"
}

@test "socket activation: LISTEN_PID names another process: not looked at before accept" {
	run python3 "$parent" activation LISTEN_PID=1 -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" 3
	assert_line --regexp "^3 $UNTOUCHED"
}

@test "an absurd LISTEN_FDS does not delay the program's start" {
	for count in 999999999 -1 x 1000000 ''; do
		run timeout 10 python3 "$parent" activation LISTEN_FDS="$count" -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" 3
		assert_success
	done
}

@test "a listener received by other means gets keepalive when it first accepts, and so does its queue" {
	run python3 "$parent" activation LISTEN_PID=1 -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" -a 3
	assert_line --regexp "^accepted 1 $DEFAULTS"
	assert_line --regexp "^accepted 2 $DEFAULTS"
	assert_line --regexp "^3 $DEFAULTS"
}

@test "keepalive on already: configured by somebody else, left alone; force changes it" {
	run python3 "$parent" configured -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" 0
	assert_line --regexp "^0 keepalive=1 idle=500 interval=75 count=9"
	run python3 "$parent" configured -- env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_MODE=force "$PROGRAMS/values-of" 0
	assert_line --regexp "^0 $DEFAULTS"
}

@test "role client: inherited sockets are server side, so they are left alone" {
	run python3 "$parent" connection -- env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_ROLE=client "$PROGRAMS/values-of" 0
	assert_line --regexp "^0 $UNTOUCHED"
}

@test "rules by peer and port apply to what is inherited" {
	run python3 "$parent" connection -- env LD_PRELOAD="$SHIM" \
		KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.0/8 port=1-65535 idle=44' "$PROGRAMS/values-of" 0
	assert_line --regexp "^0 keepalive=1 idle=44"
}

# handed_over KIND SETTING WORD...: the socket comes from a process with the shim, so it has keepalive already.
handed_over() {
	run env LD_PRELOAD="$SHIM" python3 "$parent" "$1" -- env "$2" "$PROGRAMS/values-of" "${@:3}"
	assert_success
}

@test "inherited from a process with the shim, or from the service's first start: the program's own settings apply" {
	handed_over activation KEEPALIVE_SHIM_IDLE=20 -a 3 4
	assert_equal "$(grep -c 'keepalive=1 idle=20 interval=10 count=6' <<<"$output")" 4
	handed_over connection KEEPALIVE_SHIM_IDLE=20 0
	assert_line --regexp '^0 keepalive=1 idle=20'
	handed_over listener KEEPALIVE_SHIM_RULES='role=server peer=127.0.0.1 count=3' -a 0
	assert_equal "$(grep -c '^accepted . keepalive=1 idle=60 interval=10 count=3' <<<"$output")" 2
}

@test "the same if the program has the shim off, the other role, or a rule with \"off\"" {
	local settings

	for settings in KEEPALIVE_SHIM=off KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_RULES='role=server off'; do
		handed_over activation "$settings" -a 3 4
		assert_equal "$settings $(grep -c "$UNTOUCHED" <<<"$output")" "$settings 4"
	done
	handed_over connection KEEPALIVE_SHIM_RULES='program=values-of off' 0
	assert_line --regexp "^0 $UNTOUCHED"
	handed_over connection KEEPALIVE_SHIM_RULES=off 0
	assert_line --regexp "^0 $UNTOUCHED"
	# KEEPALIVE_SHIM=off examines no descriptor 0 to 2: keepalive-shim(7).
	handed_over connection KEEPALIVE_SHIM=off 0
	assert_line --regexp "^0 $DEFAULTS"
}

@test "inherited with an RTO cap that the kernel rounds to its ticks: still recognised as ours" {
	run "$PROGRAMS/values" -s rto_max=1001
	[[ $output == *rto_max=100[1-9]* ]] || skip "this kernel has no TCP_RTO_MAX_MS, or ticks of a millisecond"
	run env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_RTO_MAX=1001ms python3 "$parent" connection -- \
		env KEEPALIVE_SHIM_RULES='rto-max=1001ms; idle=30' KEEPALIVE_SHIM_RTO_MAX=1001ms KEEPALIVE_SHIM_IDLE=60 \
		"$PROGRAMS/values-of" 0
	assert_line --regexp "^0 keepalive=1 idle=60"
}

@test "inherited and configured by somebody else: that stays with respect, also on what is accepted" {
	run env LD_PRELOAD="$SHIM" python3 "$parent" configured -- env KEEPALIVE_SHIM_ROLE=client "$PROGRAMS/values-of" 0
	assert_line --regexp "^0 keepalive=1 idle=500"
}
