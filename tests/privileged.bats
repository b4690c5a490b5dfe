# Programs with more privileges than their caller: setuid, file capabilities. An ordinary preload does not
# reach them; through /etc/ld.so.preload it does, and then the caller's environment is ignored.
#
# Everything happens in a private mount namespace on a private file system; the host's /etc is not touched.

# The scripts in single quotes run in another shell.
# shellcheck disable=SC2016
load helpers

UNTOUCHED_LINE='fd=3 keepalive=0 idle=7200 interval=75 count=9'
DEFAULTS_LINE='fd=3 keepalive=1 idle=60 interval=10 count=6'

# in_own_mounts SCRIPT: runs it with $ROOM, a directory for all users that contains the shim and the program: plain,
# setuid, setgid and with a file capability. as_nobody COMMAND... runs a command there as nobody.
in_own_mounts() {
	require_root
	require unshare setpriv setcap mount
	require_unshare -m
	SHIM=$SHIM PROGRAMS=$PROGRAMS run unshare -m bash -eu -c '
		ROOM=/mnt
		mount -t tmpfs -o mode=755 tmpfs "$ROOM"
		install -m 644 "$SHIM" "$ROOM/shim.so"
		install -m 755 "$PROGRAMS/armed" "$ROOM/plain"
		install -m 4755 "$PROGRAMS/armed" "$ROOM/setuid"
		install -m 2755 -g 1 "$PROGRAMS/armed" "$ROOM/setgid"
		install -m 755 "$PROGRAMS/armed" "$ROOM/capable"
		setcap cap_net_raw+ep "$ROOM/capable"
		mkdir -m 777 "$ROOM/open"
		as_nobody() {
			(cd "$ROOM" && setpriv --reuid=65534 --regid=65534 --clear-groups env "$@" 3>&- 4>&-)
		}
		# What an attacker would set.
		hostile="KEEPALIVE_SHIM_IDLE=1 KEEPALIVE_SHIM_LOG=$ROOM/open/log KEEPALIVE_SHIM_RULES=off KEEPALIVE_SHIM_COUNT=bad"
		'"$1"
}

# require_ld_so_preload: musl does not read that file, so there would be nothing to test.
require_ld_so_preload() {
	require_glibc
}

# preload_for_all: as an administrator would have it, in this namespace only.
PRELOAD_FOR_ALL='
	mkdir "$ROOM/etc"
	for file in passwd group nsswitch.conf ld.so.cache ld.so.conf; do
		[ ! -e "/etc/$file" ] || cp "/etc/$file" "$ROOM/etc/"
	done
	echo "$ROOM/shim.so" >"$ROOM/etc/ld.so.preload"
	mount --bind "$ROOM/etc" /etc
'

@test "LD_PRELOAD and a setuid, setgid or capable program: unchanged and silent" {
	in_own_mounts '
		as_nobody $hostile LD_PRELOAD="$ROOM/shim.so" ./plain udp 2>/dev/null
		ls "$ROOM/open" # in an ordinary program all of these settings have an effect
		rm "$ROOM/open/log"
		for program in setuid setgid capable; do
			as_nobody $hostile LD_PRELOAD="$ROOM/shim.so" "./$program" udp socket 2>&1
		done
		ls "$ROOM/open"'
	assert_success
	assert_output "$(printf '%s\n' log "$UNTOUCHED_LINE" "$UNTOUCHED_LINE" "$UNTOUCHED_LINE")"
}

@test "/etc/ld.so.preload and a setuid, setgid or capable program: defaults apply, no log, no message" {
	require_ld_so_preload
	in_own_mounts "$PRELOAD_FOR_ALL"'
		for program in setuid setgid capable; do
			as_nobody $hostile "./$program" udp socket 2>&1
			as_nobody KEEPALIVE_SHIM=off "./$program" 2>&1
			as_nobody KEEPALIVE_SHIM_LOG=stderr "./$program" udp socket 2>&1
		done
		ls "$ROOM/open"'
	assert_success
	assert_output "$(
		for _ in 1 2 3 4 5 6 7 8 9; do
			echo "$DEFAULTS_LINE"
		done
	)"
}

@test "/etc/ld.so.preload and an ordinary program: the environment counts" {
	require_ld_so_preload
	in_own_mounts "$PRELOAD_FOR_ALL"'
		as_nobody ./plain
		as_nobody KEEPALIVE_SHIM_IDLE=44 KEEPALIVE_SHIM_LOG="$ROOM/open/log" ./plain udp socket
		as_nobody KEEPALIVE_SHIM=off ./plain
		ls "$ROOM/open"'
	assert_success
	assert_line -n 0 "$DEFAULTS_LINE"
	assert_line -n 1 --partial "keepalive=1 idle=44"
	assert_line -n 2 "$UNTOUCHED_LINE"
	assert_line -n 3 log
}

@test "/etc/ld.so.preload: a setuid program ignores descriptors that LISTEN_FDS names" {
	require_ld_so_preload
	in_own_mounts "$PRELOAD_FOR_ALL"'
		for program in plain setuid; do
			KEEPALIVE_SHIM=off python3 - "$ROOM/$program" <<-"END"
				import os, socket, sys
				sock = socket.socket()
				keepalive = socket.SOL_SOCKET, socket.SO_KEEPALIVE
				os.dup2(sock.fileno(), 9)
				pid = os.fork()
				if pid == 0:
				    os.setgroups([])
				    os.setresgid(65534, 65534, 65534)
				    os.setresuid(65534, 65534, 65534)
				    os.dup2(9, 3)
				    del os.environ["KEEPALIVE_SHIM"]
				    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
				    os.execl(sys.argv[1], sys.argv[1], "clearenv")
				os.waitpid(pid, 0)
				print(sys.argv[1], sock.getsockopt(*keepalive))
			END
		done'
	assert_success
	assert_line "/mnt/plain 1"
	assert_line "/mnt/setuid 0"
}
