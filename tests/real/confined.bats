# Daemons that confine themselves: they live, and serve as without the shim.

load ../helpers

# chrony DIRECTORY ROLE LINE...: a configuration that needs no clock, no port below 1024 and no socket in /run.
chrony() {
	printf '%s\n' "cmdport 0" "bindcmdaddress $1/$2.sock" "pidfile $1/$2.pid" "user root" "${@:3}" >"$1/$2.conf"
}

@test "chronyd in its own filter (-F 1, Debian's default) with a server that has NTS: it synchronises" {
	require chronyd openssl python3
	require_root
	local here=$BATS_TEST_TMPDIR port

	chmod 755 "$here"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$here/key.pem" -out "$here/cert.pem" -days 2 -subj /CN=localhost \
		-addext "subjectAltName=DNS:localhost" 2>/dev/null
	chmod 644 "$here"/*.pem
	port=$(python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as free: print(free.getsockname()[1])')
	chrony "$here" server "port $port" "ntsport $port" "ntsserverkey $here/key.pem" "ntsservercert $here/cert.pem" \
		"local stratum 1" "allow 127.0.0.1"
	chrony "$here" client "port 0" "ntstrustedcerts $here/cert.pem" \
		"server localhost port $port nts ntsport $port iburst"
	background chronyd -x -d -f "$here/server.conf" >"$here/server.log" 2>&1
	await 10 grep -q started "$here/server.log" || await 1 test -s "$here/server.log"
	background env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_LOG="$here/log" chronyd -x -d -F 1 -f "$here/client.conf" \
		>"$here/client.log" 2>&1
	await 60 grep -q 'Selected source' "$here/client.log" || fail "$(cat "$here/client.log")"
	grep -q "the program's own seccomp filter may kill for that" "$here/log"
}
