#!/usr/bin/env bats
# Rules: other values for this program, role, peer or port; the first that matches wins.

load helpers

# values RULES ARGUMENT...: what sockets have under these rules, which cause no message.
values() {
	run --separate-stderr shimmed KEEPALIVE_SHIM_RULES="$1" "$PROGRAMS/values" "${@:2}"
	assert_success
	assert_equal "$stderr" ""
}

has() {
	grep -q "^$1 .*$2" <<<"$output" || fail "$1 has not '$2':
$output"
}

@test "role: client and server have their own values" {
	values 'role=client idle=30 interval=5 count=3; role=server idle=20'
	has socket "idle=30 interval=5 count=3"
	has client "idle=30 interval=5 count=3"
	has listener "idle=20 interval=10 count=6"
	has server "idle=20 interval=10 count=6"
}

@test "the first rule that matches wins, not the last and not the longest" {
	values 'role=client idle=30; idle=31; role=client idle=32'
	has client idle=30
	has server idle=31
}

@test "what a rule does not set comes from the variables" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_IDLE=50 KEEPALIVE_SHIM_USER_TIMEOUT=auto \
		KEEPALIVE_SHIM_RULES='role=server interval=5' "$PROGRAMS/values"
	has server "idle=50 interval=5 count=6 user_timeout=80000"
	has client "idle=50 interval=10 count=6 user_timeout=110000"
}

@test "extra separators are ignored, line breaks separate, a rule without selectors matches everything" {
	values $';; \n\t; idle=41 \n ;;'
	has client idle=41
	has server idle=41
	values ' ; ;'
	has client "$DEFAULTS"
}

@test "peer: a network, an address, and one bit more or less" {
	for rule in 127.0.0.0/8 127.0.0.1 127.0.0.1/32 127.0.0.0/31 0.0.0.0/0 127.1.2.3/8; do
		values "peer=$rule idle=30"
		has client idle=30
		has server idle=30
		has socket idle=60
	done
	for rule in 127.0.0.2 127.0.0.2/31 128.0.0.0/1 10.0.0.0/8 ::/0 ::1; do
		values "peer=$rule idle=30"
		has client idle=60
		has server idle=60
	done
}

@test "peer: IPv6, and IPv4 seen through an IPv6 socket" {
	require_ipv6
	for rule in ::1 ::/0 ::1/128 0:0:0:0:0:0:0:1 ::0.0.0.1 0::1/127; do
		values "peer=$rule idle=30" ::1
		has client idle=30
		has server idle=30
	done
	values 'peer=0.0.0.0/0 idle=30' ::1
	has client idle=60
	for rule in 127.0.0.0/8 ::ffff:127.0.0.0/104 ::ffff:7f00:1; do
		values "peer=$rule idle=30" ::ffff:127.0.0.1
		has client idle=30
		has server idle=30
	done
	values 'peer=::/0 idle=30' ::ffff:127.0.0.1
	has client idle=60
}

@test "peer: a server that does not ask accept() for the address gets the same values" {
	values 'role=server peer=127.0.0.0/8 idle=30' -n
	has server idle=30
	has listener idle=60
}

# a_port: a port that is free at the moment.
a_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

@test "port: the service's, remote for a client and local for a server, and ranges" {
	port=$(a_port)
	values "port=$port idle=30" 127.0.0.1 "$port"
	has socket idle=60
	has client idle=30
	has listener idle=30
	has server idle=30
	values "port=$((port - 1))-$((port + 1)) role=server idle=31" 127.0.0.1 "$port"
	has client idle=60
	has server idle=31
	values "port=$((port + 1))-65535 idle=32" 127.0.0.1 "$port"
	has client idle=60
	has server idle=60
}

@test "port: a listener without bind(2), whose port the kernel chooses in listen(2)" {
	run shimmed KEEPALIVE_SHIM_RULES='role=server port=1-65535 idle=33; role=server idle=34' python3 -c '
import socket
listener = socket.socket()
listener.listen()
client = socket.create_connection(listener.getsockname())
print(listener.getsockopt(6, 4), listener.accept()[0].getsockopt(6, 4))'
	assert_output "33 33"
}

@test "listen() on a connected socket fails, and changes none of its values" {
	run shimmed KEEPALIVE_SHIM_RULES='role=server off; role=client idle=33' python3 -c '
import socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
try:
    client.listen()
except OSError as error:
    print(error.errno, client.getsockopt(1, 9), client.getsockopt(6, 4))'
	assert_output "22 1 33"
}

@test "port and peer together, on the server side" {
	port=$(a_port)
	values "role=server port=$port peer=127.0.0.1 idle=30; port=$port idle=31" 127.0.0.1 "$port"
	has listener idle=31
	has server idle=30
	has client idle=31
}

@test "TCP Fast Open: rules by peer apply with TCP_FASTOPEN_CONNECT, and not with MSG_FASTOPEN" {
	run shimmed KEEPALIVE_SHIM_RULES='role=client peer=127.0.0.1 idle=20; role=client idle=30' python3 -c '
import socket
listener = socket.create_server(("127.0.0.1", 0))
first, second = socket.socket(), socket.socket()
try:
    first.setsockopt(6, 30, 1)
    second.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
except OSError as error:
    print("none", error)
first.connect(listener.getsockname())
print(first.getsockopt(6, 4), second.getsockopt(6, 4), second.getsockopt(1, 9))'
	[[ $output != none* ]] || skip "TCP Fast Open is switched off here"
	assert_output "20 30 1"
}

@test "off: the socket is as the kernel made it" {
	values 'peer=127.0.0.0/8 off'
	has socket "$DEFAULTS"
	has client "$UNTOUCHED"
	has server "$UNTOUCHED"
	values 'role=server off'
	has client "$DEFAULTS"
	has listener "$UNTOUCHED"
	has server "$UNTOUCHED"
	values off
	has socket "$UNTOUCHED"
}

@test "off after a user timeout and an RTO cap takes these back too" {
	run shimmed KEEPALIVE_SHIM_USER_TIMEOUT=2m KEEPALIVE_SHIM_RTO_MAX=5 KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 off' \
		"$PROGRAMS/values"
	has socket user_timeout=120000
	has client "$UNTOUCHED user_timeout=0 rto_max=\(120000\|-\)"
}

@test "kernel in a rule gives the option back to the sysctl" {
	values 'peer=127.0.0.0/8 interval=kernel'
	has client "idle=60 interval=75 count=6"
}

@test "program: the executable's name or the script's own, decided at load" {
	values 'program=values idle=30'
	has client idle=30
	values 'program=val* idle=30'
	has client idle=30
	values 'program=[u-w]alue? idle=30'
	has client idle=30
	values 'program=[!v]* idle=30; program=value idle=31; program=*s? idle=32'
	has client idle=60
	script=$BATS_TEST_TMPDIR/a-script-with-a-long-name
	printf '#!/usr/bin/python3\nimport socket\nprint(socket.socket().getsockopt(6, 4))\n' >"$script"
	chmod +x "$script"
	for name in a-script-with-a-long-name 'a-script*' 'python3*'; do
		run shimmed KEEPALIVE_SHIM_RULES="program=$name idle=30" "$script"
		assert_output 30
	done
	run shimmed KEEPALIVE_SHIM_RULES="program=a-script-with-b idle=30" "$script"
	assert_output 60
}

@test "program: the executable's name at the end of a long path" {
	local folder=$BATS_TEST_TMPDIR

	for _ in 1 2 3 4; do
		folder+=/$(printf '%0200d' 0)
	done
	mkdir -p "$folder"
	cp "$PROGRAMS/values" "$folder/a-program-with-a-long-name"
	run shimmed KEEPALIVE_SHIM_RULES='program=*-long-name idle=30' "$folder/a-program-with-a-long-name"
	has client idle=30
}

@test "program: one is exempt, its child is not" {
	run shimmed KEEPALIVE_SHIM_RULES='program=python3* off' python3 -c "
import socket, subprocess
print(socket.socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), flush=True)
subprocess.run(['$PROGRAMS/values'])"
	assert_line --index 0 0
	has client "$DEFAULTS"
}

@test "mode in a rule: force for one peer, respect for the rest" {
	values 'peer=127.0.0.1 mode=force' -s idle=200
	has client idle=60
	values 'peer=127.0.0.2 mode=force' -s idle=200
	has client idle=200
	values 'role=server mode=force' -s idle=200
	has client idle=200
	has server idle=60
}

# refused RULES NUMBER WORD: one message names the rule and the word; a later rule still applies.
refused() {
	run --separate-stderr shimmed KEEPALIVE_SHIM_RULES="$1; role=server count=4" "$PROGRAMS/values"
	assert_success
	[ "$(wc -l <<<"$stderr")" = 1 ] || fail "$1: not one line: $stderr"
	[[ $stderr == "keepalive-shim: KEEPALIVE_SHIM_RULES rule $2 '$3"*"; accepted: "*"; using the other rules" ]] ||
		fail "$1: $stderr"
	has server "idle=60 interval=10 count=4"
	has client "$DEFAULTS"
}

@test "a bad rule is named with its number and word, and skipped as a whole" {
	refused 'idle=30 count=x' 1 count=x
	refused 'role=peer idle=30' 1 role=peer
	refused 'idle' 1 idle
	refused 'idle=' 1 'idle='
	refused 'IDLE=30' 1 'IDLE=30'
	refused 'peer=127.0.0.1/33 idle=30' 1 'peer=127.0.0.1/33'
	refused 'peer=127.0.0 idle=30' 1 'peer=127.0.0'
	refused 'peer=127.0.0.01 idle=30' 1 'peer=127.0.0.01'
	refused 'peer=1::2::3 idle=30' 1 'peer=1::2::3'
	refused 'peer=:: /0 idle=30' 1 '/0'
	refused 'peer=localhost idle=30' 1 'peer=localhost'
	refused 'port=0 idle=30' 1 'port=0'
	refused 'port=9-8 idle=30' 1 'port=9-8'
	refused 'port=65536 idle=30' 1 'port=65536'
	refused 'port=1- idle=30' 1 'port=1-'
	refused 'program= idle=30' 1 'program='
	refused 'mode=maybe idle=30' 1 'mode=maybe'
	refused 'idle=30 idle=31' 1 'idle=31'
	refused 'off idle=30' 1 off
	refused 'user-timeout=30 idle=30' 1 'user-timeout=30'
	refused 'idle=30 user-timeout=auto count=kernel' 1 'user-timeout=auto'
	refused "peer=$(printf '%05000d' 1) idle=30" 1 peer=0000000
}

@test "64 rules apply; the 65th and later are reported once and left out" {
	rules=$(for i in $(seq 1 63); do printf 'peer=10.0.0.%d idle=30;' "$i"; done)
	values "$rules peer=127.0.0.1 idle=64"
	has client idle=64
	run --separate-stderr shimmed KEEPALIVE_SHIM_RULES="$rules;count=5;idle=65;idle=66" "$PROGRAMS/values"
	has client "idle=60 interval=10 count=5"
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == *"rule 65"*"at most 64 rules"* ]]
}

@test "a rule for another program is checked, and costs no place" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_RULES='program=other idle=x; idle=30' "$PROGRAMS/values"
	[[ $stderr == *"rule 1 'idle=x'"* ]]
	has client idle=30
}

@test "warnings name the rule that caused them, and no other" {
	run --separate-stderr shimmed KEEPALIVE_SHIM_RULES='role=client count=3; role=server idle=5' "$PROGRAMS/values"
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == *"warning: KEEPALIVE_SHIM_RULES rule 2 "*"the interval is longer"* ]]
}

@test "a peer is who getpeername(2) says: 0.0.0.0, ::, IPv4 in IPv6, a short sockaddr_in6, from stack and heap" {
	require_ipv6
	run shimmed KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 off; peer=::1 off' "$PROGRAMS/pointers" peers
	assert_success
	assert_equal "$(wc -l <<<"$output")" 20
	refute_line --regexp ' 1$'
}
