# Daemons that confine themselves work as without the shim.

load ../helpers
load peers

teardown() {
	end_background
	[ -z "${BROWSER_HOME-}" ] || rm -rf "$BROWSER_HOME"
}

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

# filtered PID: whether it has a seccomp filter.
filtered() {
	grep -qx 'Seccomp:.2' "/proc/$1/status"
}

@test "qemu -sandbox on: a listener and a connection of it have keepalive" {
	require qemu-system-x86_64
	PORT=$(free_port)
	start qemu-system-x86_64 -M none -nodefaults -display none -monitor none -S \
		-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny \
		-serial "tcp:127.0.0.1:$PORT,server=on,wait=off"
	await 30 listens "$PORT"
	await 15 filtered "$PID" || skip_as sandbox
	call "$PORT"
	expect "$PID" "state=ESTABLISHED .*local=127.0.0.1:$PORT" "$DEFAULTS"
}

@test "apt's methods in their sandbox (APT::Sandbox::Seccomp): they fetch, with keepalive" {
	local method=/usr/lib/apt/methods/http directory=$BATS_TEST_TMPDIR/files

	[ -x $method ] || skip "apt is not installed"
	mkdir "$directory"
	echo content >"$directory/file"
	PORT=$(free_port)
	background python3 -m http.server --bind 127.0.0.1 -d "$directory" "$PORT" >/dev/null 2>&1
	await 15 listens "$PORT"
	printf '601 Configuration\nConfig-Item: APT::Sandbox::Seccomp=true\nConfig-Item: APT::Sandbox::User=root\n%s\n\n' \
		'Config-Item: Acquire::http::Proxy=DIRECT' >"$BATS_TEST_TMPDIR/order"
	printf '600 URI Acquire\nURI: http://127.0.0.1:%s/file\nFilename: %s\n\n' "$PORT" "$BATS_TEST_TMPDIR/fetched" \
		>>"$BATS_TEST_TMPDIR/order"
	# The method ends at the end of its input, even if it is still fetching, so the input stays open until it answers.
	{ cat "$BATS_TEST_TMPDIR/order" && await 30 grep -q '^[24]0' "$BATS_TEST_TMPDIR/answers"; } |
		shimmed KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" $method >"$BATS_TEST_TMPDIR/answers" || true
	assert_equal "$(cat "$BATS_TEST_TMPDIR/fetched")" content
	grep -q "client .* -> 127.0.0.1:$PORT: idle=60s interval=10s count=6" "$BATS_TEST_TMPDIR/log"
}

@test "tor in its sandbox (Sandbox 1): it works, and its ports have keepalive" {
	require tor
	PORT=$(free_port)
	printf '%s\n' "DataDirectory $BATS_TEST_TMPDIR/tor" "Sandbox 1" "SocksPort 127.0.0.1:$PORT" "UseBridges 1" \
		"Bridge 127.0.0.1:1" "Log notice file $BATS_TEST_TMPDIR/notices" >"$BATS_TEST_TMPDIR/torrc"
	start KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log" tor --quiet -f "$BATS_TEST_TMPDIR/torrc"
	await 60 filtered "$PID" || skip_as sandbox
	call "$PORT"
	expect "$PID" "state=LISTEN .*local=127.0.0.1:$PORT" "$DEFAULTS"
	await 60 grep -q 'Proxy Client: unable to connect\|unable to connect.*127.0.0.1:1\|Problem bootstrapping' "$BATS_TEST_TMPDIR/notices"
	cat "$BATS_TEST_TMPDIR/log" "$BATS_TEST_TMPDIR/notices"
	kill -0 "$PID"
}

# A user who may log in: sshd refuses one whose password is locked, as root's is in most images.
@test "sshd: a login with a key, past its sandbox and its separation of privileges: as without the shim, with keepalive" {
	local here=$BATS_TEST_TMPDIR name without

	require_root
	require sshd ssh ssh-keygen python3
	mkdir "$here/etc"
	{ cat /etc/passwd && echo 'guest:x:4321:4321::/:/bin/sh'; } >"$here/etc/passwd"
	{ cat /etc/shadow && echo 'guest:*:20000:0:99999:7:::'; } >"$here/etc/shadow"
	for name in host user; do
		ssh-keygen -q -t ed25519 -N "" -f "$here/$name"
	done
	printf '%s\n' "HostKey $here/host" 'AuthorizedKeysFile /run/user.pub' 'StrictModes no' 'UsePAM no' 'PidFile none' \
		'Port 2222' 'ListenAddress 127.0.0.1' >"$here/config"
	run -0 "$TESTS/confined" "$here/etc" bash "$TESTS/real/login.sh" "$here" "$TESTS/programs" KEEPALIVE_SHIM=off
	without=$output
	assert_line "Accepted publickey for guest from 127.0.0.1 port N"
	run -0 "$TESTS/confined" "$here/etc" bash "$TESTS/real/login.sh" "$here" "$TESTS/programs" LD_PRELOAD="$SHIM"
	assert_equal "$(sed '/^keepalive=/d' <<<"$output")" "$(sed '/^keepalive=/d' <<<"$without")"
	# The sockets of the confined process and of the user's process.
	assert_equal "$(grep -c "^$DEFAULTS" <<<"$output")" 2
	assert_line sshd
	assert_line guest
}

# confined_service: the process of chromium that is connected to $PORT has a filter; its pid is in $SERVICE.
confined_service() {
	SERVICE=$(ss -tnpH state established "dport = :$PORT" | sed -n 's/.*"chromium",pid=\([0-9]*\),.*/\1/p;' | head -n 1)
	[ -n "$SERVICE" ] && filtered "$SERVICE"
}

# browse HOME [NAME=VALUE...]: chromium in its sandboxes, including the one for its network, shows a page from this host.
# The server sends the page only after the socket's options have been read into $has. Chromium's messages mention no
# sandbox, crash or shim; those about frames and a missing bus differ between runs.
browse() {
	local home=$1 browser page

	rm -f "$home/go" "$home/port"
	background python3 "$TESTS/real/held_page.py" "$home/go" >"$home/port"
	await 15 test -s "$home/port"
	PORT=$(cat "$home/port")
	background "${AS[@]}" env -i HOME="$home" PATH="$PATH" "${@:2}" chromium --headless --disable-gpu --no-first-run \
		--user-data-dir="$home/profile" --enable-features=NetworkServiceSandbox --dump-dom "http://127.0.0.1:$PORT/" \
		>"$home/page" 2>"$home/said"
	browser=$!
	await 30 confined_service || return 1
	has=$(sockets "$SERVICE" "state=ESTABLISHED .*peer=127.0.0.1:$PORT " | grep -o 'keepalive=.*' | sort -u)
	touch "$home/go"
	wait "$browser"
	page=$(cat "$home/page")
	[[ $page == *"hello from the server"* ]] || fail "$page"
	! grep -i 'seccomp\|crash\|signal\|keepalive' "$home/said" || fail "that is what it said"
}

@test "chromium, its network in a sandbox: what that allows is done, and it shows the page as without the shim" {
	local has

	require chromium setpriv python3 ss
	BROWSER_HOME=$(mktemp -d /tmp/chromium.XXXXXX)
	install -m 755 "$SHIM" "$BROWSER_HOME/shim.so"
	chmod 755 "$BROWSER_HOME"
	AS=()
	if [ "$(id -u)" = 0 ]; then
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		chown 65534 "$BROWSER_HOME"
	fi
	browse "$BROWSER_HOME" || skip_as sandbox
	assert_equal "${has%% user_timeout*}" "keepalive=1 idle=45 interval=45 count=9"
	browse "$BROWSER_HOME" LD_PRELOAD="$BROWSER_HOME/shim.so" KEEPALIVE_SHIM_MODE=force
	# Its filter knows no TCP_KEEPCNT.
	assert_equal "${has%% user_timeout*}" "keepalive=1 idle=60 interval=10 count=9"
}
