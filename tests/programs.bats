#!/usr/bin/env bats
# Everyday programs, unmodified, get keepalive and keep what they set themselves. The kernel's view of their
# sockets is checked. More programs: tests/real/.

load helpers
load real/peers

# A process that is its own client and server; when it sends something, all its sockets have been made.
both_roles='import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.create_server((sys.argv[1], 0), family=family)
client = socket.create_connection(listener.getsockname()[:2])
server, _ = listener.accept()
server.sendall(b"!")
server.recv(1)'

@test "nc: a client that sets nothing gets keepalive" {
	require nc
	hold
	start nc -d 127.0.0.1 "$PORT"
	client_has "$DEFAULTS"
}

@test "nc: without the shim the same client has no keepalive" {
	require nc
	hold
	background nc -d 127.0.0.1 "$PORT"
	PID=$!
	client_has "$UNTOUCHED"
}

@test "nc: a server's connection gets keepalive" {
	require nc
	PORT=$(free_port)
	start nc -d -l 127.0.0.1 "$PORT"
	listener_has "$DEFAULTS"
	call "$PORT"
	server_has "$DEFAULTS"
}

@test "curl: its own 60 s stay" {
	require curl
	hold
	start curl -s "http://127.0.0.1:$PORT/"
	await 15 sent "$PORT"
	client_has "keepalive=1 idle=60 interval=60"
}

@test "curl: the time that is given as an option stays, although keepalive was set before it" {
	require curl
	hold
	start KEEPALIVE_SHIM_IDLE=7 KEEPALIVE_SHIM_INTERVAL=3 curl -s --keepalive-time 33 "http://127.0.0.1:$PORT/"
	await 15 sent "$PORT"
	client_has "keepalive=1 idle=33 interval=33"
}

@test "curl: if it sets nothing, it gets keepalive" {
	require curl
	hold
	start curl -s --no-keepalive "http://127.0.0.1:$PORT/"
	await 15 sent "$PORT"
	client_has "$DEFAULTS"
}

@test "curl: force overrides the time that is given as an option" {
	require curl
	hold
	start KEEPALIVE_SHIM_MODE=force curl -s --keepalive-time 33 "http://127.0.0.1:$PORT/"
	await 15 sent "$PORT"
	client_has "$DEFAULTS"
}

@test "python3: a blocking client and server, IPv4 and IPv6" {
	for address in 127.0.0.1 ::1; do
		start python3 -c "$both_roles" "$address"
		PORT=$(port_of "$PID")
		connection_has "$DEFAULTS" "$DEFAULTS" "$DEFAULTS"
	done
}

@test "python3 asyncio: a client whose connect is still in progress, and a server" {
	start python3 -c 'import asyncio
async def serve(reader, writer):
    await reader.read()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await reader.read()
asyncio.run(main())'
	PORT=$(port_of "$PID")
	connection_has "$DEFAULTS" "$DEFAULTS" "$DEFAULTS"
}

@test "python3 http.server: a browser that has gone is noticed" {
	start python3 -m http.server --bind 127.0.0.1 0
	PORT=$(port_of "$PID")
	call "$PORT"
	listener_has "$DEFAULTS"
	server_has "$DEFAULTS"
}

# ZooKeeper does this.
switches_off='import socket
listener = socket.create_server(("127.0.0.1", 0))
server, _ = listener.accept()
server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
assert not server.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) or FORCED
server.sendall(b"!")
server.recv(1)'

@test "a server that switches keepalive off on each connection keeps it off" {
	start python3 -c "${switches_off/FORCED/0}"
	PORT=$(port_of "$PID")
	listener_has "$DEFAULTS"
	call "$PORT"
	await 15 sent "$PORT"
	server_has "keepalive=0"
}

@test "a server that switches keepalive off on each connection is overruled by force" {
	start KEEPALIVE_SHIM_MODE=force python3 -c "${switches_off/FORCED/1}"
	PORT=$(port_of "$PID")
	call "$PORT"
	await 15 sent "$PORT"
	server_has "$DEFAULTS"
}

@test "KEEPALIVE_SHIM_ROLE leaves the other side's sockets as the kernel made them; so does KEEPALIVE_SHIM=off" {
	for setting in KEEPALIVE_SHIM_ROLE=server KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM=off; do
		start $setting python3 -c "$both_roles" 127.0.0.1
		PORT=$(port_of "$PID")
		await 15 sent "$PORT"
		case $setting in
		*=server) connection_has "$DEFAULTS" "$DEFAULTS" "$UNTOUCHED" ;;
		*=client) connection_has "$UNTOUCHED" "$UNTOUCHED" "$DEFAULTS" ;;
		*=off) connection_has "$UNTOUCHED" "$UNTOUCHED" "$UNTOUCHED" ;;
		esac
	done
}
