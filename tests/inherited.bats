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

# activated OPTION...: a service whose listener got a connection before it started sets these options (level,name,value)
# on that listener. Prints the values of this connection and of a later one.
activated() {
	run python3 "$parent" activation -- env LD_PRELOAD="$SHIM" "${SETTINGS[@]}" python3 -c 'import socket, sys
listener = socket.socket(fileno=3)
for option in sys.argv[1:]:
    listener.setsockopt(*map(int, option.split(",")))
for _ in range(2):
    connection = listener.accept()[0]
    print([connection.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))], flush=True)' "$@"
	assert_success
}

@test "socket activation, and the service sets options on the listener: the connection that started it has keepalive too" {
	SETTINGS=()
	activated 6,4,30
	assert_output "$(printf '%s\n' '[1, 60, 10, 6]' '[1, 30, 10, 6]')"
	activated 1,9,1
	assert_output "$(printf '%s\n' '[1, 60, 10, 6]' '[1, 60, 10, 6]')"
	activated 6,18,100000 6,5,15
	assert_output "$(printf '%s\n' '[1, 60, 10, 6]' '[1, 60, 15, 6]')"
	# Switched off, or with a user timeout that keeps keepalive off: so is that connection.
	activated 1,9,0
	assert_output "$(printf '%s\n' '[0, 7200, 75, 9]' '[0, 60, 10, 6]')"
	activated 6,18,1000
	assert_output "$(printf '%s\n' '[0, 7200, 75, 9]' '[0, 7200, 75, 9]')"
	SETTINGS=(KEEPALIVE_SHIM_MODE=force)
	activated 1,9,0 6,4,30
	assert_output "$(printf '%s\n' '[1, 60, 10, 6]' '[1, 60, 10, 6]')"
}

@test "socket activation with a UNIX socket before the TCP socket, and without standard input: both are looked at" {
	run python3 -c 'import fcntl, os, socket, sys
sockets = socket.socket(socket.AF_UNIX), socket.create_server(("127.0.0.1", 0))
for fd, copy in enumerate([fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, 50) for sock in sockets], 3):
    os.dup2(copy, fd)
os.close(0)
os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LD_PRELOAD=sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])' "$SHIM" "$PROGRAMS/values-of" 4
	assert_line --regexp "^4 $DEFAULTS"
}

@test "standard input is a connection that the program's parent opened: the client's values, whatever has been sent" {
	local settings expected program='import socket, subprocess
def values(sock):
    return [sock.getsockopt(*option) for option in ((1, 9), (6, 4))]
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
accepted = server.accept()[0]
def full(sock):
    sock.setblocking(False)
    try:
        while True:
            sock.send(bytes(100000))
    except BlockingIOError:
        pass
for fill in lambda sock: None, lambda sock: sock.send(b"x" * 1000), full:
    for sock in client, accepted:
        fill(sock)
        subprocess.run(["true"], stdin=sock)
    print(values(client), values(accepted))'

	while IFS='|' read -r settings expected; do
		run shimmed "$settings" python3 -c "$program"
		assert_success
		assert_equal "$settings: $output" "$settings: $(yes "$expected" | head -3)"
	done <<-'END'
		KEEPALIVE_SHIM_ROLE=client|[1, 60] [0, 7200]
		KEEPALIVE_SHIM_ROLE=server|[0, 7200] [1, 60]
		KEEPALIVE_SHIM_RULES=role=server idle=20; role=client peer=127.0.0.1 idle=120|[1, 120] [1, 20]
	END
}
