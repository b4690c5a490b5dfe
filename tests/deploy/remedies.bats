# The recipes of scripts/deploy/README.md for programs' environments: read from the page, and used by the programs that
# they are for.
# shellcheck shell=bash
load ../helpers

bats_require_minimum_version 1.5.0

PROBE='import socket; print("idle", socket.socket().getsockopt(6, 4))'

# recipe NAME: the page's block of that name, with the path of this build's library.
recipe() {
	sed -n "/^<!-- $1 -->\$/,/^\`\`\`\$/{ /^<!--/d; /^\`\`\`/d; p }" "$REPOSITORY/scripts/deploy/README.md" |
		sed "s|/usr/[^ \":]*/keepalive-shim/libkeepalive-shim.so|$SHIM|g"
}

@test "environment.d: systemd's user manager gives it to all that it starts" {
	local generator=/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator

	[ -x "$generator" ] || skip_as systemd
	mkdir -p "$BATS_TEST_TMPDIR/environment.d"
	recipe environment.d >"$BATS_TEST_TMPDIR/environment.d/50-keepalive-shim.conf"
	run -0 env XDG_CONFIG_HOME="$BATS_TEST_TMPDIR" "$generator"
	assert_line "LD_PRELOAD=$SHIM"
	assert_line KEEPALIVE_SHIM_IDLE=60s
}

@test "sshd: SetEnv sets the environment of each session" {
	require sshd ssh ssh-keygen
	require_root
	mkdir -p /run/sshd
	for key in host user; do
		ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/$key"
	done
	{
		printf '%s\n' "HostKey $BATS_TEST_TMPDIR/host" "AuthorizedKeysFile $BATS_TEST_TMPDIR/user.pub" 'StrictModes no' \
			'UsePAM no' 'PermitRootLogin yes' 'PidFile none' 'Port 2222' 'ListenAddress 127.0.0.1'
		recipe sshd
	} >"$BATS_TEST_TMPDIR/config"
	# shellcheck disable=SC2016 # for the inner shell
	run -0 unshare --net --pid --fork --kill-child sh -euc '
		ip link set lo up
		"$(command -v sshd)" -D -f "$1/config" &
		until ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
			-i "$1/user" -p 2222 root@127.0.0.1 "python3 -c '\''$2'\''" 2>"$1/said"; do
			grep -q "Connection refused" "$1/said" || { cat "$1/said"; exit 1; }
			sleep 0.1
		done' sh "$BATS_TEST_TMPDIR" "$PROBE"
	assert_line 'idle 60'
}

@test "Ansible: a play's environment reaches what its modules start" {
	require ansible-playbook
	{
		printf '%s\n' '- hosts: localhost' '  connection: local' '  gather_facts: false'
		recipe ansible | sed 's/^/  /'
		printf '%s\n' '  tasks:' '    - command: {argv: [python3, -c, "{{ probe }}"]}' '      register: said' \
			'    - debug: {msg: "{{ said.stdout }}"}'
	} >"$BATS_TEST_TMPDIR/play.yaml"
	run -0 env HOME="$BATS_TEST_TMPDIR" LC_ALL=C.UTF-8 ANSIBLE_LOCALHOST_WARNING=false \
		ansible-playbook -i localhost, -e "$(jq -n --arg probe "$PROBE" '{$probe}')" "$BATS_TEST_TMPDIR/play.yaml"
	assert_line --partial '"idle 60"'
}

@test "ECS: the block is a valid environment of a container definition" {
	run -0 jq -r '.environment[] | .name + "=" + .value' <<<"{$(recipe ecs)}"
	assert_output - <<-END
		LD_PRELOAD=$SHIM
		KEEPALIVE_SHIM_IDLE=60s
	END
}

@test "sudo: env_keep cannot keep LD_PRELOAD, env_file sets it" {
	require sudo
	require_root
	recipe sudo >"$BATS_TEST_TMPDIR/recipe"
	chmod 755 "$BATS_TEST_TMPDIR"
	# shellcheck disable=SC2016 # for the inner shell
	run -0 unshare --mount sh -euc '
		mount -t tmpfs -o mode=755 none /etc/sudoers.d
		nobody="nobody ALL=(ALL) NOPASSWD: ALL"
		printf "%s\n" "$nobody" "Defaults env_keep += LD_PRELOAD" >/etc/sudoers.d/kept
		chmod 440 /etc/sudoers.d/kept
		setpriv --reuid=nobody --clear-groups env LD_PRELOAD="$3" sudo -n env | grep ^LD_PRELOAD || echo "not kept"
		{ echo "$nobody" && grep ^Defaults "$1" | sed "s|/etc/keepalive-shim.env|$2/env|"; } >/etc/sudoers.d/kept
		grep -v ^Defaults "$1" >"$2/env"
		setpriv --reuid=nobody --clear-groups sudo -n python3 -c "$4"' sh "$BATS_TEST_TMPDIR/recipe" "$BATS_TEST_TMPDIR" "$SHIM" "$PROBE"
	assert_line 'not kept'
	assert_line 'idle 60'
}

@test "cron: assignments before the jobs are their environment" {
	require cron
	require_root
	{ recipe cron && echo "@reboot python3 -c '$PROBE' >>$BATS_TEST_TMPDIR/out"; } >"$BATS_TEST_TMPDIR/crontab"
	# shellcheck disable=SC2016 # for the inner shell
	background unshare --mount --pid --fork --kill-child sh -euc '
		mount -t tmpfs -o mode=755 none /var/spool/cron
		mkdir -m 1730 /var/spool/cron/crontabs
		chgrp crontab /var/spool/cron/crontabs 2>/dev/null || true
		install -m 600 "$1" /var/spool/cron/crontabs/root
		mount -t tmpfs -o mode=755 none /etc/cron.d
		mount --bind /dev/null /etc/crontab
		mount -t tmpfs -o mode=755 none /run
		exec cron -f' sh "$BATS_TEST_TMPDIR/crontab" >/dev/null 2>&1
	await 30 grep -q 'idle 60' "$BATS_TEST_TMPDIR/out"
}

@test "supervisord: environment= of a program" {
	require supervisord
	{
		printf '[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=%s/pid\nuser=root\n' "$BATS_TEST_TMPDIR"
		recipe supervisord | sed "s|^command=.*|command=python3 -c '$PROBE'|; s|^\[program:.*|&\nstdout_logfile=$BATS_TEST_TMPDIR/out\nstartsecs=0|"
	} >"$BATS_TEST_TMPDIR/conf"
	background supervisord -c "$BATS_TEST_TMPDIR/conf" >/dev/null 2>&1
	await 20 grep -q 'idle 60' "$BATS_TEST_TMPDIR/out"
}

@test "runit and s6: a run script that execs keepalive run" {
	local supervisor service=$BATS_TEST_TMPDIR/service found=

	mkdir "$service"
	{ recipe runit | sed "s|keepalive run --idle=60s -- .*|$KEEPALIVE run --idle=60s -- python3 -c '$PROBE; import time; time.sleep(600)' >>$BATS_TEST_TMPDIR/out|"; } >"$service/run"
	sed -i 's/import socket; print(\(.*\))); import/import socket; print(\1), flush=True); import/' "$service/run"
	chmod +x "$service/run"
	for supervisor in runsv s6-supervise; do
		command -v $supervisor >/dev/null || continue
		found=yes
		rm -rf "$BATS_TEST_TMPDIR/out" "$service/supervise" "$service/event"
		background $supervisor "$service" >/dev/null 2>&1
		await 20 grep -q 'idle 60' "$BATS_TEST_TMPDIR/out"
		end_background
		rm -f "$BATS_TEST_TMPDIR/background"
	done
	[ "$found" ] || skip "neither runit nor s6 is installed"
}

@test "/etc/environment: PAM gives it to sessions" {
	local mnt=$BATS_TEST_TMPDIR/mnt

	load root
	clean_root
	mkdir "$mnt"
	cp "$SHIM" "$mnt/"
	recipe pam >"$mnt/environment"
	sed -i "s|$SHIM|/usr/lib/libkeepalive-shim.so|" "$mnt/environment"
	run -0 in_root "$mnt" '
		install -m 644 /mnt/libkeepalive-shim.so /usr/lib/
		cat /mnt/environment >>/etc/environment
		su - nobody -s /bin/sh -c "perl -e '\''socket(S, 2, 1, 0); print q(idle ), unpack(q(i), getsockopt(S, 6, 4)), qq(\n)'\''"'
	assert_line 'idle 60'
}

@test "compose: two dollar signs are one for the loader" {
	require podman-compose
	require_yaml
	{
		printf 'services:\n  app:\n    image: localhost/none\n'
		sed -n '/^<!-- compose -->$/,/^```$/{ /^<!--/d; /^```/d; p }' "$REPOSITORY/scripts/deploy/README.md" | sed 's/^/    /'
	} >"$BATS_TEST_TMPDIR/compose.yaml"
	run podman-compose --dry-run -f "$BATS_TEST_TMPDIR/compose.yaml" up
	assert_output --partial 'LD_PRELOAD'
	assert_output --partial '/usr/$LIB/keepalive-shim/libkeepalive-shim.so'
	refute_output --partial '$$LIB'
}

@test "a pod's sysctls and \"kernel\": the same values with one system call for each socket, not four" {
	local settings='' pair

	require strace unshare
	require_root
	settings=$(sed -n '/^<!-- sysctls -->$/,/^```$/p' "$REPOSITORY/scripts/deploy/README.md")
	for pair in $(sed -n 's/.*name: \(net[a-z0-9_.]*\), value: "\([0-9]*\)".*/\1=\2/p' <<<"$settings"); do
		set -- "$@" "$pair"
	done
	[ $# = 3 ]
	# shellcheck disable=SC2016 # for the inner shell
	run -0 unshare --net sh -euc '
		shim=$1 probe=$2 trace=$3
		shift 3
		for pair; do echo "${pair#*=}" >"/proc/sys/$(echo "${pair%%=*}" | tr . /)"; done
		for value in kernel ""; do
			strace -f -qq -e trace=setsockopt -o "$trace" env LD_PRELOAD="$shim" \
				KEEPALIVE_SHIM_IDLE=$value KEEPALIVE_SHIM_INTERVAL=$value KEEPALIVE_SHIM_COUNT=$value python3 -c "$probe"
			grep -c "SO_KEEPALIVE\|TCP_KEEP" "$trace"
		done' sh "$SHIM" 'import socket; s = socket.socket(); print(*(s.getsockopt(6, o) for o in (4, 5, 6)), s.getsockopt(1, 9))' \
		"$BATS_TEST_TMPDIR/trace" "$@"
	assert_output - <<-END
		60 10 6 1
		1
		60 10 6 1
		4
	END
}
