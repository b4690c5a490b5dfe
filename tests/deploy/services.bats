# Services that lose the environment of whoever started them: the remedies of keepalive-enable(1), OTHER SERVICES.
load ../helpers

@test "nginx, upgraded by SIGUSR2: env lines hand the library to the new one; without them it is lost" {
	require nginx
	local lines pid new
	for lines in '' 'env LD_PRELOAD; env KEEPALIVE_SHIM_IDLE;'; do
		cd "$BATS_TEST_TMPDIR" || return
		rm -f pid pid.oldbin
		printf '%s\npid %s/pid; error_log %s/err;\nevents {}\nhttp { access_log off; server { listen 127.0.0.1:%s; } }\n' \
			"$lines" "$PWD" "$PWD" 0 >nginx.conf
		# nginx takes no port 0: one that was free a moment ago
		port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
		sed -i "s/127.0.0.1:0/127.0.0.1:$port/" nginx.conf
		env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=33 "$(command -v nginx)" -c "$PWD/nginx.conf"
		await 10 test -s pid
		pid=$(<pid)
		echo "$pid" >>"$BATS_TEST_TMPDIR/background"
		await 10 sockets "$pid" state=LISTEN
		kill -USR2 "$pid"
		await 10 test -s pid.oldbin
		await 10 test -s pid
		new=$(<pid)
		[ "$new" != "$pid" ]
		await 10 grep -q libc.so "/proc/$new/maps"
		await 10 grep -q nginx "/proc/$new/comm"
		if [ -z "$lines" ]; then
			refute grep -q libkeepalive-shim "/proc/$new/maps"
		else
			await 10 grep -q libkeepalive-shim "/proc/$new/maps"
		fi
		echo "$new" >>"$BATS_TEST_TMPDIR/background"
		kill "$new" "$pid"
	done
}

@test "su - and sudo empty the environment: run behind them holds, in front of them supervision does" {
	require_root
	require su
	local probe='import socket; print(socket.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))'
	run su - root -s /bin/sh -c "'$KEEPALIVE' run --idle=21 python3 -c '$probe'"
	assert_line 21
	run "$KEEPALIVE" run --idle=21 su - root -s /bin/sh -c "python3 -c '$probe'"
	assert_line 7200
	run "$KEEPALIVE" run --supervise=always --idle=21 su - root -s /bin/sh -c "python3 -c '$probe'"
	assert_line 21
	if command -v sudo >/dev/null; then
		run sudo "$KEEPALIVE" run --idle=21 python3 -c "$probe"
		assert_line 21
	fi
}

@test "a runit or s6 service: its run file executes keepalive run, which stays the same process" {
	printf '#!/bin/sh\nexec env -i "%s" run --idle=22 "%s" "%s/programs/talk.py" server 127.0.0.1\n' \
		"$KEEPALIVE" "$(command -v python3)" "$TESTS" >"$BATS_TEST_TMPDIR/run"
	chmod +x "$BATS_TEST_TMPDIR/run"
	background "$BATS_TEST_TMPDIR/run"
	await 15 sockets $! 'state=LISTEN.*idle=22|idle=22.*state=LISTEN'
}

@test "Debian's postgresql@: supervision holds past the environment that pg_ctlcluster empties" {
	require_root
	command -v pg_createcluster >/dev/null || skip "postgresql-common is not installed"
	local version port
	version=$(ls /usr/lib/postgresql | tail -n 1)
	[ -n "$version" ] || skip "no PostgreSQL is installed"
	pg_createcluster "$version" kshim -- -A trust >/dev/null 2>&1 || skip "no cluster can be made here"
	"$KEEPALIVE" run --supervise=always --idle=23 pg_ctlcluster "$version" kshim start || true
	port=$(pg_lsclusters -h | awk '$2 == "kshim" { print $3 }')
	run psql -h 127.0.0.1 -p "$port" -U postgres -At -c 'show tcp_keepalives_idle'
	pg_dropcluster --stop "$version" kshim
	assert_output 23
}
