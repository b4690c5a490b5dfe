# Services that lose the environment that they were started with: the remedies of keepalive-enable(1), OTHER
# SERVICES.
load ../helpers

teardown() {
	end_background
	[ -z "${PUBLIC-}" ] || rm -rf "$PUBLIC"
}

@test "nginx, upgraded by SIGUSR2: env lines pass the library on to the new process; without them it is lost" {
	require nginx
	local lines pid new
	for lines in '' 'env LD_PRELOAD; env KEEPALIVE_SHIM_IDLE;'; do
		cd "$BATS_TEST_TMPDIR" || return
		rm -f pid pid.oldbin
		printf '%s\npid %s/pid; error_log %s/err;\nevents {}\nhttp { access_log off; server { listen 127.0.0.1:%s; } }\n' \
			"$lines" "$PWD" "$PWD" 0 >nginx.conf
		# nginx accepts no port 0, so take one that was free a moment ago.
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

@test "su - and sudo empty the environment: run works behind them, and supervision in front of them" {
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

# postfix_there [LINE...]: sets up a private postfix, with these lines in main.cf, that listens on $port.
postfix_there() {
	require postfix
	require_root
	PUBLIC=$(mktemp -d) # readable for postfix's own user
	chmod 755 "$PUBLIC"
	cd "$PUBLIC" || return
	mkdir -p queue data conf
	chown postfix data
	port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	printf '%s\n' compatibility_level=3.6 "queue_directory=$PWD/queue" "data_directory=$PWD/data" \
		"maillog_file=$PWD/log" "maillog_file_prefixes=$PWD" myhostname=localhost inet_interfaces=127.0.0.1 \
		mynetworks=127.0.0.0/8 smtpd_peername_lookup=no local_recipient_maps= \
		'smtpd_relay_restrictions=permit_mynetworks,reject' "$@" >conf/main.cf
	printf '%s\n' "127.0.0.1:$port inet n - n - - smtpd" 'postlog unix-dgram n - n - 1 postlogd' \
		'anvil unix - - n - 1 anvil' 'proxymap unix - - n - - proxymap' >conf/master.cf
}

master_runs() {
	master=$(tr -d ' ' <queue/pid/master.pid) && [ -n "$master" ] && sockets "$master" state=LISTEN
}

@test "postfix: import_environment passes the library on to its daemons; without it, the library is lost" {
	local line has
	for line in 'import_environment=MAIL_CONFIG' "import_environment=MAIL_CONFIG LD_PRELOAD=$SHIM"; do
		postfix_there "$line"
		LD_PRELOAD=$SHIM postfix -c "$PWD/conf" start 3>&- 4>&-
		await 20 master_runs
		echo "$master" >>"$BATS_TEST_TMPDIR/background"
		exec {connection}<>"/dev/tcp/127.0.0.1/$port"
		await 20 pgrep -P "$master" smtpd
		has=no
		! await 5 grep -q libkeepalive-shim "/proc/$(pgrep -P "$master" smtpd)/maps" || has=yes
		exec {connection}>&-
		[ "$has" = "$([[ $line == *LD_PRELOAD* ]] && echo yes || echo no)" ]
		end_background
		rm -r "$PUBLIC"
	done
}

@test "postfix and nginx under run --supervise=always: check says yes of the master that was left behind" {
	postfix_there
	require_supervision
	"$KEEPALIVE" run --supervise=always --idle=24 postfix -c "$PWD/conf" start 3>&- 4>&-
	await 20 master_runs
	echo "$master" >>"$BATS_TEST_TMPDIR/background"
	await 20 sockets "$master" 'state=LISTEN.*idle=24|idle=24.*state=LISTEN'
	run -0 "$KEEPALIVE" check "$master"
	assert_line --index 0 --partial "$master: yes, by supervision"

	require nginx
	printf 'pid %s/pid; error_log %s/err;\nevents {}\nhttp { access_log off; server { listen 127.0.0.1:%s; } }\n' \
		"$PWD" "$PWD" "$((port == 65535 ? port - 1 : port + 1))" >nginx.conf
	"$KEEPALIVE" run --supervise=always --idle=24 nginx -c "$PWD/nginx.conf" 3>&- 4>&-
	await 10 test -s pid
	cat pid >>"$BATS_TEST_TMPDIR/background"
	await 10 sockets "$(<pid)" 'state=LISTEN.*idle=24|idle=24.*state=LISTEN'
	run "$KEEPALIVE" check "$(<pid)"
	[ "$status" != 1 ] # it makes no further socket, so check may not be able to find out
	assert_output --regexp 'yes, by supervision|unknown'
	refute_output --partial 'not loaded'
}

# make_cluster NAME: an empty cluster of the newest PostgreSQL that is installed; its version is in $version.
make_cluster() {
	require_root
	require pg_createcluster
	version=$(ls /usr/lib/postgresql | tail -n 1)
	[ -n "$version" ] || skip_as postgresql
	pg_createcluster "$version" "$1" -- -A trust >/dev/null 2>&1 || skip "a PostgreSQL cluster cannot be created here"
}

# cluster_idle NAME: the idle time of a connection to its server, in $output; then drops the cluster.
cluster_idle() {
	local port

	port=$(pg_lsclusters -h | awk -v name="$1" '$2 == name { print $3 }')
	run psql -h 127.0.0.1 -p "$port" -U postgres -At -c 'show tcp_keepalives_idle'
	pg_dropcluster --stop "$version" "$1"
}

@test "Debian's postgresql@: its file \"environment\" passes the library on to the server" {
	make_cluster kshimenv
	install -m 644 "$SHIM" /usr/lib/postgresql/libkeepalive-shim-test.so
	printf "%s = '%s'\n" LD_PRELOAD /usr/lib/postgresql/libkeepalive-shim-test.so KEEPALIVE_SHIM_IDLE 26 \
		>>"/etc/postgresql/$version/kshimenv/environment"
	pg_ctlcluster "$version" kshimenv start || true
	cluster_idle kshimenv
	rm /usr/lib/postgresql/libkeepalive-shim-test.so
	assert_output 26
}

@test "Debian's postgresql@: supervision works although pg_ctlcluster empties the environment" {
	make_cluster kshim
	"$KEEPALIVE" run --supervise=always --idle=23 pg_ctlcluster "$version" kshim start || true
	cluster_idle kshim
	assert_output 23
}
