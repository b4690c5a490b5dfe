# Descriptor numbers that are reused without the shim's knowledge, copied, low, high, or closed all at once. The
# shim does not see close(2), dup(2) or recvmsg(2), so what it remembers of a number may describe a socket that no longer
# exists.

load helpers

@test "a socket received over SCM_RIGHTS on a number that another had: not TCP, never touched" {
	local settings

	for settings in KEEPALIVE_SHIM=on KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=20; off' \
		KEEPALIVE_SHIM_ROLE=server; do
		run shimmed "$settings" python3 "$TESTS/programs/reused.py"
		assert_success
		refute_line --regexp '-> (udp|unix).* 1'
	done
	# Profiles that differ only in SO_KEEPALIVE, an option that sockets of every kind accept.
	for settings in KEEPALIVE_SHIM_RULES='peer=127.0.0.1; off' KEEPALIVE_SHIM_ROLE=server KEEPALIVE_SHIM_MODE=force; do
		run shimmed "$settings" KEEPALIVE_SHIM_IDLE=kernel KEEPALIVE_SHIM_INTERVAL=kernel KEEPALIVE_SHIM_COUNT=kernel \
			python3 "$TESTS/programs/reused.py"
		assert_success
		assert_line --regexp '-> udp: 0'
		refute_line --regexp '-> (udp|unix).* 1'
	done
}

@test "what the program sets on a TCP socket that the shim did not see stays, whatever had its number before" {
	run shimmed python3 "$TESTS/programs/reused.py"
	assert_equal "$(grep -c -- '-> tcp-set: . 99$' <<<"$output")" 8
	run shimmed KEEPALIVE_SHIM_MODE=force python3 "$TESTS/programs/reused.py"
	assert_line "client -> tcp-set: 1 60"
}

@test "TCP on a reused number: gets keepalive at connect(), listen() or accept(), except as golden/reused-numbers lists" {
	run shimmed python3 "$TESTS/programs/reused.py"
	assert_success
	assert_output "$(cat "$TESTS/golden/reused-numbers")"
}

@test "a copied listener or socket, and one that tries a second peer, have what the rules set" {
	run shimmed KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=20; peer=127.0.0.2 idle=30' \
		python3 "$TESTS/programs/copies.py"
	assert_success
	assert_output "$(
		cat <<-'END'
			listener, accepted: 60 20
			dup of the listener, accepted: 60 20
			dup2 of the listener over a UDP socket, accepted: 60 20
			dup of a new socket, connected: 20
			connect() refused, then to another: 60
			refused: 30
			connected: 20
			dissolved, connected again: 20
			listener turned client: 20
			two listeners on one port, one of them twice: 60 60
			accepted in a child: 20
		END
	)"
	run shimmed KEEPALIVE_SHIM_RULES='role=client off; role=server idle=44' python3 "$TESTS/programs/copies.py"
	assert_success
	assert_line "dup of the listener, accepted: 44 44"
	assert_line "dissolved, connected again: -"
	assert_line "listener turned client: -"
	run shimmed python3 "$TESTS/programs/copies.py"
	assert_success
	refute_output --regexp '[:,].* (-|[^6 ][0-9]*)$'
}

# The limits that keepalive-shim(7) names: finding out would cost each UNIX and UDP socket a system call.
@test "copied over a UNIX stream socket, and then listening: TCP keeps the client's values" {
	run shimmed KEEPALIVE_SHIM_RULES='role=client idle=30; role=server idle=20' python3 -c '
import os, socket
for replaced in socket.socket(socket.AF_UNIX), socket.socket(type=socket.SOCK_DGRAM):
    copied = socket.socket()
    os.dup2(copied.fileno(), replaced.fileno())
    listener = socket.socket(fileno=replaced.detach())
    listener.listen()
    print(listener.getsockopt(6, 4))'
	assert_output "$(printf '%s\n' 30 20)"
}

@test "a program that closes every descriptor: its next sockets, from 0 on, have keepalive" {
	shimmed "$PROGRAMS/armed" closeall
	shimmed KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_RULES='peer=127.0.0.1 off' "$PROGRAMS/armed" closeall
	run shimmed "$PROGRAMS/armed" closed0
	assert_output "fd=0 keepalive=1 idle=60 interval=10 count=6"
}

# A program that prints the idle times of sockets whose number changed between socket() and listen() or connect().
MOVED='import fcntl, socket, sys
def moved():
    first = socket.socket()
    second = socket.socket(fileno=fcntl.fcntl(first.fileno(), fcntl.F_DUPFD_CLOEXEC, 40))
    first.close()
    return second
def received():
    here, there = socket.socketpair()
    first = socket.socket()
    here.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, first.fileno().to_bytes(4, sys.byteorder))])
    passed = there.recvmsg(1, socket.CMSG_LEN(4))[1][0][2]
    second = socket.socket(fileno=fcntl.fcntl(int.from_bytes(passed, sys.byteorder), fcntl.F_DUPFD, 60))
    first.close()
    return second
def values(sock):
    return [sock.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))]
for make in moved, received:
    server, client = make(), make()
    server.bind(("127.0.0.1", 0))
    server.listen()
    client.connect(server.getsockname())
    print(values(server), values(server.accept()[0]), values(client))'

@test "a socket moved to another number before listen() or connect() has its role's values, also with kernel and off" {
	run shimmed KEEPALIVE_SHIM_RULES='role=server idle=20; role=client idle=120' python3 -c "$MOVED"
	assert_output "$(yes '[1, 20, 10, 6] [1, 20, 10, 6] [1, 120, 10, 6]' | head -2)"
	run shimmed KEEPALIVE_SHIM_ROLE=client python3 -c "$MOVED"
	assert_output "$(yes '[0, 7200, 75, 9] [0, 7200, 75, 9] [1, 60, 10, 6]' | head -2)"
	run shimmed KEEPALIVE_SHIM_COUNT=kernel KEEPALIVE_SHIM_RULES='role=server off; role=client port=1-65535 idle=30' \
		python3 -c "$MOVED"
	assert_output "$(yes '[0, 7200, 75, 9] [0, 7200, 75, 9] [1, 30, 10, 9]' | head -2)"
}

@test "a moved socket of which the program then sets one option: it keeps that one, and has its role's values otherwise" {
	local program="${MOVED%for make*}"'kept = []
for option in (6, 4, 33), (6, 6, 3), (1, 9, 0), (1, 9, 1), (6, 18, 500000):
    server = moved()
    kept.append(server)
    server.setsockopt(*option)
    server.bind(("127.0.0.1", 0))
    server.listen()
    print(values(server))'

	for mode in respect force; do
		run shimmed KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_MODE=$mode python3 -c "$program"
		assert_output '[0, 33, 75, 9]
[0, 7200, 75, 3]
[0, 7200, 75, 9]
[1, 7200, 75, 9]
[0, 7200, 75, 9]'
	done
	run shimmed KEEPALIVE_SHIM_RULES='role=server idle=20 interval=5; role=client idle=120' python3 -c "$program"
	assert_output '[1, 33, 5, 6]
[1, 20, 5, 3]
[0, 20, 5, 6]
[1, 20, 5, 6]
[1, 20, 5, 6]'
}

@test "a listener from a process without the shim, on which the program sets SO_KEEPALIVE or an idle time: the rest is ours" {
	local program='import os, socket, subprocess, sys
if sys.argv[1:] == ["start"]:
    os.environ["LD_PRELOAD"] = os.environ["SHIM"]
    for option in "1 9 1", "6 4 33":
        server = socket.create_server(("127.0.0.1", 0))
        subprocess.run([sys.executable, "-c", os.environ["PROGRAM"], str(server.fileno()), *option.split()], pass_fds=[server.fileno()])
else:
    number, *option = map(int, sys.argv[1:])
    server = socket.socket(fileno=number)
    first = socket.create_connection(server.getsockname())
    server.setsockopt(*option)
    for client in first, socket.create_connection(server.getsockname()):
        accepted = server.accept()[0]
        print([accepted.getsockopt(*each) for each in ((1, 9), (6, 4), (6, 5), (6, 6))], flush=True)'

	SHIM=$SHIM PROGRAM=$program run python3 -c "$program" start
	assert_output '[1, 60, 10, 6]
[1, 60, 10, 6]
[1, 60, 10, 6]
[1, 33, 10, 6]'
}

@test "refused by the first peer, connected to the second: the second's values, also with kernel and own values" {
	local program='import select, socket, sys
server = socket.create_server(("127.0.0.2", 0))
refusing = socket.socket()
refusing.bind(("127.0.0.1", 0))
client = socket.socket()
for word in sys.argv[1:]:
    client.setsockopt(6, 6, int(word))
client.setblocking(False)
client.connect_ex(refusing.getsockname())
select.select([], [client], [])
client.getsockopt(1, 4)
for _ in range(2):
    client.connect_ex(server.getsockname())
select.select([], [client], [])
print(client.getpeername()[0], [client.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))])'

	run shimmed KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_COUNT=kernel \
		KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=25; peer=127.0.0.2 idle=30' python3 -c "$program"
	assert_output '127.0.0.2 [1, 30, 10, 9]'
	run shimmed KEEPALIVE_SHIM_RULES='peer=127.0.0.1 idle=25; peer=127.0.0.2 idle=30' python3 -c "$program" 5
	assert_output '127.0.0.2 [1, 30, 10, 5]'
}

# Prints the values of sockets that the program switched off before their number changed or another process got them.
SWITCHED_OFF='import socket, subprocess, sys
values = "[sock.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))]"
def off(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    copy = sock.dup()
    sock.close()
    return copy
def show(sock):
    print(eval(values), flush=True)
server, listening = off(socket.socket()), off(socket.create_server(("127.0.0.1", 0)))
server.bind(("127.0.0.1", 0))
server.listen()
for listener in server, listening:
    client = off(socket.socket())
    client.connect(listener.getsockname())
    for sock in client, listener.accept()[0], listener:
        show(sock)
subprocess.run([sys.executable, "-c", f"import socket; sock = socket.socket(fileno=0); print({values})"], stdin=client)'

@test "a socket that the program switched off, and then moved or passed on: it stays off, force switches it on" {
	run shimmed python3 -c "$SWITCHED_OFF"
	assert_output "$(yes '[0, 60, 10, 6]' | head -7)"
	run shimmed KEEPALIVE_SHIM_RULES='role=server idle=20; role=client idle=120' python3 -c "$SWITCHED_OFF"
	assert_output "$(printf '[0, %d, 10, 6]\n' 120 20 20 120 20 20 120)"
	run shimmed KEEPALIVE_SHIM_MODE=force python3 -c "$SWITCHED_OFF"
	assert_output "$(yes '[1, 60, 10, 6]' | head -7)"
}

@test "a namespace whose new sockets have our values: one from a process without the shim is not taken for switched off" {
	require_unshare -rn
	run unshare -rn sh -c 'ip link set lo up && cd /proc/sys/net/ipv4 && echo 60 >tcp_keepalive_time &&
		echo 10 >tcp_keepalive_intvl && echo 6 >tcp_keepalive_probes && exec "$@"' sh \
		python3 "$TESTS/programs/parent.py" listener -- env LD_PRELOAD="$SHIM" "$PROGRAMS/values-of" -a 0
	assert_success
	assert_equal "$(grep -c "$DEFAULTS" <<<"$output")" 3
}
