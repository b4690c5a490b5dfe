#!/usr/bin/env bats
# Unmodified servers: their listeners and accepted connections get keepalive, or keep what the program set. python3
# http.server: ../programs.bats

load ../helpers
load peers

# The connections are those of the worker that nginx forks.
nginx_with() { # LISTEN-PARAMETERS [NAME=VALUE...]
	local listen=$1

	shift
	PORT=$(free_port)
	hold
	UPSTREAM=$PORT
	PORT=$(free_port)
	cat >"$BATS_TEST_TMPDIR/nginx.conf" <<-END
		daemon off;
		user root;
		pid $BATS_TEST_TMPDIR/nginx.pid;
		error_log stderr error;
		events {}
		http {
			access_log off;
			client_body_temp_path $BATS_TEST_TMPDIR/nginx-body;
			proxy_temp_path $BATS_TEST_TMPDIR/nginx-proxy;
			fastcgi_temp_path $BATS_TEST_TMPDIR/nginx-fastcgi;
			uwsgi_temp_path $BATS_TEST_TMPDIR/nginx-uwsgi;
			scgi_temp_path $BATS_TEST_TMPDIR/nginx-scgi;
			server {
				listen 127.0.0.1:$PORT $listen;
				location / { proxy_pass http://127.0.0.1:$UPSTREAM; }
			}
		}
	END
	start "$@" nginx -e stderr -c "$BATS_TEST_TMPDIR/nginx.conf"
	await 15 listens "$PORT"
	background curl -s "http://127.0.0.1:$PORT/"
	await 15 sent "$UPSTREAM"
	WORKER=$(child "$PID")
}

@test "nginx: both sides of a proxied request" {
	require_root
	require nginx curl
	nginx_with ""
	listener_has "$DEFAULTS"
	server_has "$DEFAULTS" "$WORKER"
	PID=$WORKER PORT=$UPSTREAM client_has "$DEFAULTS"
}

@test "nginx: so_keepalive=33s::2 stays" {
	require_root
	require nginx curl
	nginx_with "so_keepalive=33s::2"
	server_has "keepalive=1 idle=33 interval=10 count=2" "$WORKER"
}

@test "nginx: so_keepalive=off stays off, force switches it on" {
	require_root
	require nginx curl
	nginx_with "so_keepalive=off"
	listener_has "keepalive=0"
	server_has "keepalive=0" "$WORKER"
	nginx_with "so_keepalive=off" KEEPALIVE_SHIM_MODE=force
	server_has "$DEFAULTS" "$WORKER"
}

redis_with() { # [NAME=VALUE...] redis-server [ARGUMENT...]
	PORT=$(free_port)
	start "$@" --bind 127.0.0.1 --port "$PORT" --save "" --dir "$BATS_TEST_TMPDIR" \
		--logfile "$BATS_TEST_TMPDIR/redis.log"
	await 15 listens "$PORT"
	call "$PORT"
	redis-cli -h 127.0.0.1 -p "$PORT" ping # once it has answered, it has accepted the earlier connection too
}

@test "redis-server: its own 300 s stay" {
	require redis-server redis-cli
	redis_with redis-server
	listener_has "$DEFAULTS"
	server_has "keepalive=1 idle=300 interval=100 count=3"
}

@test "redis-server: with tcp-keepalive 0 it gets keepalive nevertheless" {
	require redis-server redis-cli
	redis_with redis-server --tcp-keepalive 0
	server_has "$DEFAULTS"
}

@test "redis-server: force overrides its 300 s" {
	require redis-server redis-cli
	redis_with KEEPALIVE_SHIM_MODE=force redis-server
	server_has "$DEFAULTS"
}

@test "haproxy: the client's side and the server's side" {
	require haproxy
	hold
	UPSTREAM=$PORT
	haproxy_to "127.0.0.1:$UPSTREAM"
	listener_has "$DEFAULTS"
	server_has "$DEFAULTS"
	PORT=$UPSTREAM client_has "$DEFAULTS"
}

@test "haproxy: clitcpka-idle and srvtcpka-idle stay" {
	require haproxy
	hold
	UPSTREAM=$PORT
	OPTIONS=$'option tcpka\n clitcpka-idle 33s\n srvtcpka-idle 44s' haproxy_to "127.0.0.1:$UPSTREAM"
	server_has "keepalive=1 idle=33 interval=10 count=6"
	PORT=$UPSTREAM client_has "keepalive=1 idle=44 interval=10 count=6"
}

@test "sshd: a connection; a login: confined.bats" {
	require_root
	require sshd ssh-keygen
	PORT=$(free_port)
	ssh-keygen -q -t ed25519 -N "" -f "$BATS_TEST_TMPDIR/host"
	private_run "$(command -v sshd)" -D -e -f /dev/null -h "$BATS_TEST_TMPDIR/host" \
		-o ListenAddress="127.0.0.1:$PORT" -o PidFile=none -o UsePAM=no
	start "${PRIVATE[@]}" 2>"$BATS_TEST_TMPDIR/sshd.log"
	await 15 listens "$PORT"
	call "$PORT"
	listener_has "$DEFAULTS"
	server_has "$DEFAULTS" "$(child "$PID")"
	end_tree "$CALLER"
}

# inetd_with SERVICE: the command line of an inetd in the foreground that starts it, at $PORT.
inetd_with() {
	local foreground=-i

	case $(inetd --help 2>&1) in
	*BusyBox*) foreground=-f ;;
	*GNU*) skip "GNU inetd does not stay in the foreground" ;;
	esac
	PORT=$(free_port)
	echo "127.0.0.1:$PORT stream tcp nowait root /usr/bin/env $1" >"$BATS_TEST_TMPDIR/inetd.conf"
	private_run inetd $foreground "$BATS_TEST_TMPDIR/inetd.conf"
}

# A service of inetd gets a connection that inetd accepted as its descriptors 0, 1 and 2.
@test "inetd: a nowait service under the shim, its inetd not" {
	require_root
	require inetd
	inetd_with "env LD_PRELOAD=$SHIM cat"
	background "${PRIVATE[@]}"
	PID=$!
	await 15 listens "$PORT"
	call "$PORT"
	listener_has "$UNTOUCHED"
	server_has "$DEFAULTS" "$(child "$PID")"
}

@test "inetd: under the shim, with a service that cannot be reached" {
	require_root
	require inetd
	inetd_with "env -i cat" # with an empty environment nothing is preloaded into cat
	start "${PRIVATE[@]}"
	await 15 listens "$PORT"
	call "$PORT"
	listener_has "$DEFAULTS"
	server_has "$DEFAULTS" "$(child "$PID")"
}

@test "xinetd: a nowait service under the shim, its xinetd not" {
	require_root
	require xinetd
	PORT=$(free_port)
	cat >"$BATS_TEST_TMPDIR/xinetd.conf" <<-END
		service cat
		{
			type = UNLISTED
			port = $PORT
			bind = 127.0.0.1
			socket_type = stream
			protocol = tcp
			wait = no
			user = root
			env = LD_PRELOAD=$SHIM
			server = $(command -v cat)
		}
	END
	background xinetd -dontfork -pidfile "$BATS_TEST_TMPDIR/pid" -f "$BATS_TEST_TMPDIR/xinetd.conf"
	PID=$!
	await 15 listens "$PORT"
	call "$PORT"
	listener_has "$UNTOUCHED"
	server_has "$DEFAULTS" "$(child "$PID")"
}

# The listener was opened by another process, and the connection that caused the start waits in its queue: it has
# inherited the options that the listener had before the shim set them.
@test "socket activation: the connection that started the service, and the next one" {
	require systemd-socket-activate
	PORT=$(free_port)
	background systemd-socket-activate -l "127.0.0.1:$PORT" -E LD_PRELOAD="$SHIM" \
		python3 -c 'import os, socket
assert os.environ["LISTEN_FDS"] == "1"
listener = socket.socket(fileno=3)
held = [listener.accept(), listener.accept()]
held[0][0].recv(1)'
	PID=$!
	await 15 listens "$PORT"
	call "$PORT"
	server_has "$DEFAULTS"
	listener_has "$DEFAULTS"
	call "$PORT"
	await 15 both_watched
}

both_watched() {
	[ "$(sockets "$PID" "state=ESTABLISHED .*$DEFAULTS" | wc -l)" = 2 ]
}

@test "socket activation: an instance for each connection, as inetd does" {
	require systemd-socket-activate
	PORT=$(free_port)
	background systemd-socket-activate --accept --inetd -l "127.0.0.1:$PORT" \
		-E LD_PRELOAD="$SHIM" cat
	PID=$!
	await 15 listens "$PORT"
	call "$PORT"
	server_has "$DEFAULTS" "$(child "$PID")"
}

@test "systemd-socket-proxyd: both sides, the first connection too" {
	require systemd-socket-activate
	proxyd=/lib/systemd/systemd-socket-proxyd
	[ -x $proxyd ] || skip "systemd-socket-proxyd is not installed"
	hold
	UPSTREAM=$PORT
	PORT=$(free_port)
	background systemd-socket-activate -l "127.0.0.1:$PORT" -E LD_PRELOAD="$SHIM" \
		$proxyd "127.0.0.1:$UPSTREAM"
	PID=$!
	await 15 listens "$PORT"
	call "$PORT"
	server_has "$DEFAULTS"
	PORT=$UPSTREAM client_has "$DEFAULTS"
}

# PostgreSQL refuses to run as root.
postgres_with() { # [NAME=VALUE...]
	for BIN in /usr/lib/postgresql/*/bin /usr/libexec/postgresql*; do
		[ ! -x "$BIN/initdb" ] || break
	done
	[ -x "$BIN/initdb" ] || skip_as postgresql
	AS=()
	[ "$(id -u)" != 0 ] || AS=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	DATA=$(mktemp -d /tmp/postgres.XXXXXX)
	cp "$SHIM" "$DATA/shim.so" # readable for all users
	mkdir "$DATA/data"
	[ ${#AS[@]} = 0 ] || chown -R nobody "$DATA"
	chmod 755 "$DATA"
	(cd / && "${AS[@]}" "$BIN/initdb" -D "$DATA/data" -U postgres -A trust --no-sync) >/dev/null
	PORT=$(free_port)
	start_postgres "$@"
}

start_postgres() { # [NAME=VALUE...]
	SHIM=$DATA/shim.so start "$@" "${AS[@]}" "$BIN/postgres" -D "$DATA/data" -p "$PORT" -F \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>>"$DATA/log"
	await 30 answers
}

answers() {
	show tcp_keepalives_idle
}

# show NAME: the value that a session reports of its own socket; PostgreSQL asks the kernel for it.
show() {
	psql -h 127.0.0.1 -p "$PORT" -U postgres -tAc "show $1" postgres
}

teardown() {
	end_background
	[ -z "${DATA-}" ] || rm -rf "$DATA"
}

# own_session: a session that sets an idle time of its own and stays open, in one of the server's processes.
own_session() {
	background env PGOPTIONS="-c tcp_keepalives_idle=33" \
		psql -q -h 127.0.0.1 -p "$PORT" -U postgres -c "select pg_sleep(600)" postgres
}

session_has() {
	local pid

	for pid in $(cat "/proc/$PID/task/$PID/children"); do
		! has "$pid" "state=ESTABLISHED .*local=[^ ]*:$PORT " "$1" || return 0
	done
	return 1
}

@test "postgres: SHOW reports the session's values; its own value stays, force overrides it" {
	require psql setpriv
	postgres_with
	[ "$(show tcp_keepalives_idle)" = 60 ]
	[ "$(show tcp_keepalives_interval)" = 10 ]
	[ "$(show tcp_keepalives_count)" = 6 ]
	own_session
	await 15 session_has "keepalive=1 idle=33 interval=10 count=6"

	kill -INT "$PID"
	wait "$PID" || true
	start_postgres KEEPALIVE_SHIM_MODE=force
	own_session
	await 15 sleeps
	session_has "$DEFAULTS"
}

sleeps() {
	psql -h 127.0.0.1 -p "$PORT" -U postgres -tAc \
		"select 'it does' from pg_stat_activity where wait_event = 'PgSleep'" postgres | grep does
}

zookeeper_with() { # [NAME=VALUE...]
	require java
	[ -e /usr/share/java/zookeeper.jar ] || skip "zookeeper is not installed"
	PORT=$(free_port)
	mkdir -p "$BATS_TEST_TMPDIR/data"
	cat >"$BATS_TEST_TMPDIR/zoo.cfg" <<-END
		dataDir=$BATS_TEST_TMPDIR/data
		clientPort=$PORT
		clientPortAddress=127.0.0.1
		admin.enableServer=false
	END
	start "$@" java -XX:TieredStopAtLevel=1 -Dzookeeper.nio.numSelectorThreads=1 \
		-cp /usr/share/java/zookeeper.jar org.apache.zookeeper.server.ZooKeeperServerMain \
		"$BATS_TEST_TMPDIR/zoo.cfg" >"$BATS_TEST_TMPDIR/zookeeper.log" 2>&1
	await 60 listens "$PORT"
	call "$PORT"
	await 30 serves # then it has accepted the earlier connection too
}

serves() {
	echo srvr | nc -w 5 127.0.0.1 "$PORT" | grep -q "Zookeeper version"
}

@test "zookeeper: it switches keepalive off on each connection, and that stays" {
	require nc
	zookeeper_with
	listener_has "$DEFAULTS"
	server_has "keepalive=0"
}

@test "zookeeper: force keeps it on" {
	require nc
	zookeeper_with KEEPALIVE_SHIM_MODE=force
	server_has "$DEFAULTS"
}

# vsftpd_with YES|NO COMMAND-PREFIX...: with its own sandbox or without, for anonymous users only.
vsftpd_with() {
	local sandbox=$1

	shift
	PORT=$(free_port)
	mkdir -p "$BATS_TEST_TMPDIR/empty"
	cat >"$BATS_TEST_TMPDIR/vsftpd.conf" <<-END
		listen=YES
		listen_address=127.0.0.1
		listen_port=$PORT
		background=NO
		ftp_username=daemon
		anon_root=$BATS_TEST_TMPDIR/empty
		secure_chroot_dir=$BATS_TEST_TMPDIR/empty
		seccomp_sandbox=$sandbox
	END
	background "$@" vsftpd "$BATS_TEST_TMPDIR/vsftpd.conf"
	PID=$!
	await 15 listens "$PORT"
}

# fetches: logs in, asks vsftpd for a port for data, and prints the options of vsftpd's sockets on that port.
fetches() {
	python3 - "$PORT" "$PID" "$TESTS/programs" <<-'END'
		import ftplib, pathlib, sys
		sys.path.insert(0, sys.argv[3])
		from sockets import sockets_of

		ftp = ftplib.FTP()
		ftp.connect("127.0.0.1", int(sys.argv[1]), 10)
		ftp.login()
		_, port = ftp.makepasv()

		def processes(pid):
		    yield pid
		    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
		        yield from processes(int(child))

		for pid in processes(int(sys.argv[2])):
		    print(*(line for line in sockets_of(pid) if f":{port} " in line), sep="\n")
	END
}

@test "vsftpd: what a session listens on for its data" {
	require_root
	require vsftpd
	vsftpd_with NO env LD_PRELOAD="$SHIM"
	run -0 fetches
	assert_line --regexp "state=LISTEN .*$DEFAULTS"
}

@test "vsftpd, confined by its own seccomp filter, which allows no option: its sessions work, without keepalive" {
	require_root
	require vsftpd
	vsftpd_with YES env
	fetches || skip_as sandbox
	end_tree "$PID"
	vsftpd_with YES env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_LOG="$BATS_TEST_TMPDIR/log"
	run -0 fetches
	assert_line --regexp "state=LISTEN .*$UNTOUCHED"
	grep -q "server 127.0.0.1:$PORT .*: idle=60s interval=10s count=6" "$BATS_TEST_TMPDIR/log"
}

# A supervisor sets the options from outside, for which vsftpd's filter would kill the session.
@test "vsftpd, confined by its own seccomp filter: supervised, its sessions work, with keepalive" {
	require_root
	require vsftpd
	vsftpd_with YES env
	fetches || skip_as sandbox
	end_tree "$PID"
	vsftpd_with YES "$KEEPALIVE" run --supervise=always
	run -0 fetches
	assert_line --regexp "state=LISTEN .*$DEFAULTS"
}

@test "KEEPALIVE_SHIM_ROLE=client leaves a server as it is" {
	require redis-server redis-cli
	redis_with KEEPALIVE_SHIM_ROLE=client redis-server --tcp-keepalive 0
	listener_has "$UNTOUCHED"
	server_has "$UNTOUCHED"
}
