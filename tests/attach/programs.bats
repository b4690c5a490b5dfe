# `keepalive attach` and `status` on real programs that are already running.

load ../helpers
load ../outside

setup_file() {
	command -v go >/dev/null || return 0
	compile_go 0 "$BATS_FILE_TMPDIR/talk" "$TESTS/programs/talk.go"
}

go_talk() {
	require go
	background "$BATS_FILE_TMPDIR/talk" "$@" # both ends of a connection in one process
}

@test "a static Go program that already runs gets keepalive" {
	go_talk off
	local pid=$!
	await 15 has_connections "$pid" 2
	[ "$(sockets "$pid" keepalive=0 | wc -l)" = 3 ]
	run "$KEEPALIVE" attach "$pid"
	assert_success
	[ "$(sockets "$pid" "$DEFAULTS" | wc -l)" = 3 ]
	assert_output --regexp ' listener '
	assert_output --regexp ' server '
	assert_output --regexp ' client '
	kill -USR1 "$pid" # it sends data over the connection, and then reports that it arrived
	await 15 grep -q '^well' "/proc/$pid/comm"
}

@test "Go's own keepalive stays with respect, and is replaced with force" {
	go_talk on
	local pid=$!
	await 15 has_connections "$pid" 2
	run "$KEEPALIVE" attach "$pid"
	assert_success
	assert_output --regexp ' client .*: left alone: keepalive was on already \(has idle=15s interval=15s count=9\)'
	run "$KEEPALIVE" attach --mode=force "$pid"
	assert_success
	[ "$(sockets "$pid" "ESTABLISHED.*$DEFAULTS" | wc -l)" = 2 ]
}

@test "the worker of a running nginx: listener, client and upstream each get their values" {
	local nginx port worker
	require nginx
	nginx=$(command -v nginx)
	talk pairs 0 # an upstream that never answers
	local upstream free
	upstream=$(port_of "$!")
	free=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
	cat >"$BATS_TEST_TMPDIR/nginx.conf" <<-END
		daemon off; worker_processes 1; pid $BATS_TEST_TMPDIR/pid; error_log stderr;
		events {}
		http {
			access_log off; client_body_temp_path $BATS_TEST_TMPDIR; proxy_temp_path $BATS_TEST_TMPDIR;
			fastcgi_temp_path $BATS_TEST_TMPDIR; uwsgi_temp_path $BATS_TEST_TMPDIR;
			scgi_temp_path $BATS_TEST_TMPDIR;
			server { listen 127.0.0.1:$free; location / { proxy_pass http://127.0.0.1:$upstream; } }
		}
	END
	chmod 711 "$BATS_TEST_TMPDIR"
	background nginx -c "$BATS_TEST_TMPDIR/nginx.conf" -p "$BATS_TEST_TMPDIR" -e stderr
	nginx=$!
	port=$(port_of "$nginx")
	worker=$(child_of "$nginx")
	background python3 -c '
import signal, socket, sys
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
signal.pause()' "$port"
	await 15 sockets "$worker" "ESTABLISHED.*peer=127.0.0.1:$upstream "
	run "$KEEPALIVE" attach --rule="role=client port=$upstream idle=20" "$worker"
	assert_success
	assert_line --regexp "^fd [0-9]+ listener 127\.0\.0\.1:$port: idle=60s "
	assert_line --regexp "^fd [0-9]+ server 127\.0\.0\.1:$port -> 127\.0\.0\.1:[0-9]+: idle=60s "
	assert_line --regexp "^fd [0-9]+ client 127\.0\.0\.1:[0-9]+ -> 127\.0\.0\.1:$upstream: idle=20s "
	# Master and worker share the listener, so the master's has keepalive too.
	run sockets "$nginx" LISTEN
	assert_output --partial "$DEFAULTS"
}
