#!/usr/bin/env bats
# /etc/keepalive-shim.conf: settings for a whole host. The environment overrides it; it is read only if nobody but root
# can write it; errors in it are never reported on a program's standard error.
#
# Each test has an /etc of its own, in a mount namespace; this host's is not touched.

# The scripts in single quotes run in another shell.
# shellcheck disable=SC2016
load helpers

# in_own_etc SCRIPT: runs it with a directory $ROOM, an /etc that can be written, and host_file, which writes the
# file from standard input. values [NAME=VALUE...]: idle, interval and count of a socket of a preloaded program.
in_own_etc() {
	require_root
	require unshare setpriv mount
	require_unshare -m
	SHIM=$SHIM PROGRAMS=$PROGRAMS COMMAND=$KEEPALIVE run --separate-stderr unshare -m bash -eu -c '
		exec 3>&- 4>&-
		ROOM=/mnt
		FILE=/etc/keepalive-shim.conf
		mount -t tmpfs -o mode=755 tmpfs "$ROOM"
		mkdir "$ROOM/etc"
		for file in passwd group nsswitch.conf ld.so.cache ld.so.conf; do
			[ ! -e "/etc/$file" ] || cp "/etc/$file" "$ROOM/etc/"
		done
		install -m 644 "$SHIM" "$ROOM/libkeepalive-shim.so"
		install -m 755 "$PROGRAMS/armed" "$ROOM/plain"
		install -m 4755 "$PROGRAMS/armed" "$ROOM/setuid"
		mount --bind "$ROOM/etc" /etc
		host_file() {
			cat >"$FILE"
			chmod 644 "$FILE"
		}
		as_nobody() {
			(cd "$ROOM" && setpriv --reuid=65534 --regid=65534 --clear-groups env "$@")
		}
		values() {
			env LD_PRELOAD="$SHIM" "$@" "$ROOM/plain" | sed "s/^fd=[0-9]* //"
		}
		'"$1"
	assert_success
}

DEFAULT='keepalive=1 idle=60 interval=10 count=6'

@test "its values apply to every program, if the environment does not set them" {
	in_own_etc '
		host_file <<-END
			# for every program of this host
			KEEPALIVE_SHIM_IDLE=20s

			  KEEPALIVE_SHIM_INTERVAL = 7
			; another comment
			KEEPALIVE_SHIM_COUNT="3"
		END
		values
		values KEEPALIVE_SHIM_IDLE= KEEPALIVE_SHIM_COUNT=9
		values KEEPALIVE_SHIM=off
		as_nobody LD_PRELOAD="$ROOM/libkeepalive-shim.so" ./plain
		"$COMMAND" run "$ROOM/plain"
		"$COMMAND" run --idle=31 "$ROOM/plain"'
	assert_equal "$stderr" ""
	assert_output - <<-'END'
		keepalive=1 idle=20 interval=7 count=3
		keepalive=1 idle=20 interval=7 count=9
		keepalive=0 idle=7200 interval=75 count=9
		fd=3 keepalive=1 idle=20 interval=7 count=3
		fd=3 keepalive=1 idle=20 interval=7 count=3
		fd=3 keepalive=1 idle=31 interval=7 count=3
	END
}

@test "\"off\" in it is off, unless the environment sets \"on\"" {
	in_own_etc '
		echo KEEPALIVE_SHIM=off | host_file
		values
		values KEEPALIVE_SHIM=on'
	assert_output "$(printf '%s\n' 'keepalive=0 idle=7200 interval=75 count=9' "$DEFAULT")"
}

@test "rules can continue over lines, know programs, and are replaced by those of the environment" {
	in_own_etc '
		host_file <<-"END"
			KEEPALIVE_SHIM_RULES=program=nobody-at-all off; \
			    program=pla* idle=21 interval=4; \
			    idle=99
			KEEPALIVE_SHIM_COUNT=5
		END
		values
		values KEEPALIVE_SHIM_RULES="program=plain idle=22 interval=4"
		values KEEPALIVE_SHIM_RULES=";"
		host_file <<-"END"
			KEEPALIVE_SHIM_RULES="program=nobody-at-all off
			program=plain idle=23
			idle=99"
			KEEPALIVE_SHIM_INTERVAL=4
		END
		values'
	assert_equal "$stderr" ""
	assert_output - <<-'END'
		keepalive=1 idle=21 interval=4 count=5
		keepalive=1 idle=22 interval=4 count=5
		keepalive=1 idle=60 interval=10 count=5
		keepalive=1 idle=23 interval=4 count=6
	END
}

@test "a setuid program: only the file counts, \"off\" included, whatever the caller's environment contains" {
	require_glibc
	in_own_etc '
		echo "$ROOM/libkeepalive-shim.so" >/etc/ld.so.preload
		host_file <<-"END"
			KEEPALIVE_SHIM_IDLE=20
			KEEPALIVE_SHIM_RULES=program=setuid count=3; program=plain count=4
			KEEPALIVE_SHIM_INTERVAL=bad
		END
		as_nobody ./setuid
		as_nobody KEEPALIVE_SHIM=off KEEPALIVE_SHIM_IDLE=1 KEEPALIVE_SHIM_RULES=off KEEPALIVE_SHIM_LOG=stderr ./setuid udp socket
		as_nobody KEEPALIVE_SHIM_IDLE=30 ./plain
		echo KEEPALIVE_SHIM=off | host_file
		as_nobody KEEPALIVE_SHIM=on ./setuid
		as_nobody KEEPALIVE_SHIM=on ./plain'
	assert_equal "$stderr" ""
	assert_output - <<-'END'
		fd=3 keepalive=1 idle=20 interval=10 count=3
		fd=3 keepalive=1 idle=20 interval=10 count=3
		fd=3 keepalive=1 idle=30 interval=10 count=4
		fd=3 keepalive=0 idle=7200 interval=75 count=9
		fd=3 keepalive=1 idle=60 interval=10 count=6
	END
}

@test "a file that others could have written is not read, programs are silent, and check and the log report why" {
	in_own_etc '
		wrong() {
			values
			"$COMMAND" check true 2>&1 >/dev/null | sed "s/; accepted.*//"
			values KEEPALIVE_SHIM_LOG=stderr 2>&1 >/dev/null | sed "s/.*plain: //; s/; accepted.*//"
			rm -f "$FILE"
		}
		good() {
			echo KEEPALIVE_SHIM_IDLE=20 | host_file
		}
		good; chmod o+w "$FILE"; wrong
		good; chmod g+w "$FILE"; wrong
		good; chown 1000 "$FILE"; wrong
		good; mv "$FILE" /etc/elsewhere; ln -s elsewhere "$FILE"; wrong
		good; chmod 777 /etc; wrong; chmod 755 /etc
		good; chown 1000 /etc; wrong; chown 0 /etc
		good; values'
	assert_equal "$stderr" ""
	assert_output "$(
		for problem in "users other than root can write it" "users other than root can write it" \
			"users other than root can write it" "a symbolic link" \
			"users other than root can write to its directory" "users other than root can write to its directory"; do
			echo "$DEFAULT"
			echo "keepalive: warning: /etc/keepalive-shim.conf: $problem"
			echo "/etc/keepalive-shim.conf: $problem"
		done
		echo 'keepalive=1 idle=20 interval=10 count=6'
	)"
}

@test "a FIFO, a directory, a device, a socket or rubbish in its place: nothing waits, defaults apply, and check reports it" {
	require python3
	in_own_etc '
		wrong() {
			timeout 10 env LD_PRELOAD="$SHIM" "$ROOM/plain" || echo "status $?"
			timeout 10 "$COMMAND" check true 2>&1 >/dev/null | head -n 1 | sed "s/; accepted.*//"
			rm -rf "$FILE"
		}
		mkfifo -m 644 "$FILE"; wrong
		mkdir "$FILE"; wrong
		mknod -m 644 "$FILE" c 1 5; wrong
		python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"$FILE\")"; chmod 644 "$FILE"; wrong
		head -c 65536 /dev/zero | host_file; wrong
		head -c 65537 /dev/zero | tr "\0" "\n" | host_file; wrong
		head -c 65536 /dev/zero | tr "\0" "=" | host_file; wrong
		python3 -c "import random, sys; random.seed(14); sys.stdout.buffer.write(bytes(random.choices(range(1, 256), k=65536)))" | host_file
		timeout 10 env LD_PRELOAD="$SHIM" "$ROOM/plain"'
	assert_equal "$stderr" ""
	assert_output "$(
		for problem in ': not a regular file' ': not a regular file' ': not a regular file' \
			': not a regular file' ': contains a zero byte' ': longer than 65536 bytes' \
			" line 1: no such setting"; do
			echo "fd=3 $DEFAULT"
			echo "keepalive: warning: /etc/keepalive-shim.conf$problem"
		done
		echo "fd=3 $DEFAULT"
	)"
}

@test "an error in it: that setting has its default, the program prints nothing, the log and check name the line" {
	in_own_etc '
		host_file <<-"END"
			KEEPALIVE_SHIM_COUNT=3
			KEEPALIVE_SHIM_IDLE=5x

			KEEPALIVE_SHIM_IDEL=20
			nothing at all
			KEEPALIVE_SHIM_RULES=port=1 off; \
			    port=x off
			KEEPALIVE_SHIM_MODE="force
		END
		values
		values KEEPALIVE_SHIM_LOG=stderr 2>&1 | sed "s/.*plain: //"
		"$COMMAND" check "$ROOM/plain" 2>&1 | sed "s/; accepted.*//"
		"$COMMAND" run "$ROOM/plain" 2>/dev/null # warns too, and starts the program'
	assert_equal "$stderr" ""
	assert_output - <<-'END'
		keepalive=1 idle=60 interval=10 count=3
		/etc/keepalive-shim.conf line 4 'KEEPALIVE_SHIM_IDEL': no such setting; accepted: NAME=value, with one of the names in keepalive-shim(7); using the other lines
		/etc/keepalive-shim.conf line 5 'nothing at all': no NAME=value; accepted: NAME=value, with one of the names in keepalive-shim(7); using the other lines
		/etc/keepalive-shim.conf line 8 'KEEPALIVE_SHIM_MODE': unterminated quote; accepted: NAME=value, with one of the names in keepalive-shim(7); using the other lines
		/etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM_IDLE '5x': not a duration; accepted: 1s to 32767s (seconds if bare; units s, m, h), or kernel; using 60s
		/etc/keepalive-shim.conf line 6: KEEPALIVE_SHIM_RULES rule 2 'port=x': not a port; accepted: port=N or port=N-M, 1 to 65535; using the other rules
		keepalive=1 idle=60 interval=10 count=3
		keepalive: warning: /etc/keepalive-shim.conf line 4 'KEEPALIVE_SHIM_IDEL': no such setting; did you mean KEEPALIVE_SHIM_IDLE?
		keepalive: warning: /etc/keepalive-shim.conf line 5 'nothing at all': no NAME=value
		keepalive: warning: /etc/keepalive-shim.conf line 8 'KEEPALIVE_SHIM_MODE': unterminated quote
		keepalive: warning: /etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM_IDLE '5x': not a duration
		keepalive: warning: /etc/keepalive-shim.conf line 6: KEEPALIVE_SHIM_RULES rule 2 'port=x': not a port
		/mnt/plain: yes, by preload, idle=60s interval=10s count=3, and 1 rule
		/mnt/plain: count from /etc/keepalive-shim.conf line 1, rule from /etc/keepalive-shim.conf line 6, the rest by default
		fd=3 keepalive=1 idle=60 interval=10 count=3
	END
}

@test "an unwise pair of values: the warning names the source of one of them" {
	in_own_etc '
		echo KEEPALIVE_SHIM_IDLE=5 | host_file
		values
		values KEEPALIVE_SHIM_INTERVAL=6 2>&1 | cut -d: -f 1-3
		values KEEPALIVE_SHIM_LOG=stderr 2>&1 | sed "s/.*plain: //" | cut -d: -f 1-3'
	assert_equal "$stderr" ""
	assert_output - <<-'END'
		keepalive=1 idle=5 interval=10 count=6
		keepalive-shim: warning: KEEPALIVE_SHIM_INTERVAL '6'
		keepalive=1 idle=5 interval=6 count=6
		warning: /etc/keepalive-shim.conf line 1: KEEPALIVE_SHIM_INTERVAL '10s'
		keepalive=1 idle=5 interval=10 count=6
	END
}

@test "/etc that is a link: the directory that it leads to counts" {
	in_own_etc '
		mkdir "$ROOM/root" "$ROOM/root/real-etc"
		for place in bin lib lib64 usr mnt proc dev; do
			[ -e "/$place" ] || continue
			if [ -L "/$place" ]; then
				cp -d "/$place" "$ROOM/root/"
			else
				mkdir "$ROOM/root/$place"
				mount --rbind "/$place" "$ROOM/root/$place"
			fi
		done
		ln -s real-etc "$ROOM/root/etc"
		echo KEEPALIVE_SHIM_IDLE=20 >"$ROOM/root/real-etc/keepalive-shim.conf"
		chroot "$ROOM/root" env LD_PRELOAD=/mnt/libkeepalive-shim.so /mnt/plain
		chmod 777 "$ROOM/root/real-etc"
		chroot "$ROOM/root" env LD_PRELOAD=/mnt/libkeepalive-shim.so /mnt/plain'
	assert_output "$(printf 'fd=3 %s\n' 'keepalive=1 idle=20 interval=10 count=6' "$DEFAULT")"
}

@test "a user namespace in which root appears as nobody: root's file is accepted, another user's is not" {
	require_unshare -U
	in_own_etc '
		own() {
			(cd / && setpriv --reuid=1000 --regid=1000 --clear-groups unshare -U "$@" env LD_PRELOAD="$ROOM/libkeepalive-shim.so" "$ROOM/plain")
		}
		echo KEEPALIVE_SHIM_IDLE=20 | host_file
		own
		own -r
		chmod 666 "$FILE"
		own
		chmod 644 "$FILE"
		chown 65534 "$FILE"
		as_nobody LD_PRELOAD="$ROOM/libkeepalive-shim.so" ./plain'
	assert_equal "$stderr" ""
	assert_output "$(printf 'fd=3 %s\n' 'keepalive=1 idle=20 interval=10 count=6' 'keepalive=1 idle=20 interval=10 count=6' "$DEFAULT" "$DEFAULT")"
}

@test "systemd reads the same values from it: EnvironmentFile=" {
	local generator=/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator

	[ -x "$generator" ] || skip_as systemd
	cat >"$BATS_TEST_TMPDIR/read.py" <<-'END'
		import json, shlex, sys
		theirs = dict(word.split("=", 1) for word in shlex.split(open(sys.argv[1]).read()))
		ours = {setting["variable"]: setting["value"]
		        for setting in json.load(open(sys.argv[2]))["settings"].values() if setting["from"] == "file"}
		print("same" if theirs == ours else (theirs, ours), len(ours))
	END
	READ=$BATS_TEST_TMPDIR/read.py GENERATOR=$generator in_own_etc '
		host_file <<-"END"
			# comment
			KEEPALIVE_SHIM_IDLE=20s
			; comment
			  KEEPALIVE_SHIM_INTERVAL =	 7   
			KEEPALIVE_SHIM_COUNT= "3"
			KEEPALIVE_SHIM_ROLE='\''ser'\''"ver"
			KEEPALIVE_SHIM_LOG="/a \"b\" \\ \x c" d  
			KEEPALIVE_SHIM_MODE=respect
			KEEPALIVE_SHIM_MODE=force
			KEEPALIVE_SHIM_RULES=program=a\\* off; \
			  program=b "idle=3"; \
			port=1 off
		END
		mkdir -p "$ROOM/user/environment.d"
		cp "$FILE" "$ROOM/user/environment.d/"
		env -i XDG_CONFIG_HOME="$ROOM/user" "$GENERATOR" | grep ^KEEPALIVE >"$ROOM/systemd"
		env -i "$COMMAND" check --json true >"$ROOM/json"
		python3 "$READ" "$ROOM/systemd" "$ROOM/json"'
	assert_output "same 7"
}

@test "supervision and attach read the same file, and options and the environment override it" {
	require python3
	in_own_etc '
		host_file <<-END
			KEEPALIVE_SHIM_IDLE=20
			KEEPALIVE_SHIM_INTERVAL=7
			KEEPALIVE_SHIM_COUNT=3
			KEEPALIVE_SHIM_RULES=program=python* idle=21
		END
		if "$COMMAND" run --supervise=always true 2>/dev/null; then
			KEEPALIVE_SHIM_INTERVAL=8 "$COMMAND" run --supervise=always --count=4 "$ROOM/plain"
		else
			echo "fd=3 keepalive=1 idle=20 interval=8 count=4" # what it would print, since seccomp is not available here
		fi
		python3 -c "import socket, time; s = socket.socket(); print(flush=True); time.sleep(60)" >"$ROOM/ready" &
		until [ -s "$ROOM/ready" ]; do sleep 0.02; done
		KEEPALIVE_SHIM_INTERVAL=8 "$COMMAND" attach --count=4 --dry-run $!
		"$COMMAND" attach --dry-run --rule="program=none off" $!
		kill $!'
	assert_equal "$stderr" ""
	assert_line --index 0 "fd=3 keepalive=1 idle=20 interval=8 count=4"
	assert_line --index 1 --partial "idle=21s interval=8s count=4 by rule 1"
	assert_line --index 2 --partial "idle=21s interval=7s count=3 by rule 2" # --rule comes before those of the file
}

@test "a wrong rule of the file behind one of --rule: a warning with the file and its line, and the program starts" {
	in_own_etc '
		printf "\nKEEPALIVE_SHIM_RULES=role=client port=1 off; role=x off\n" | host_file
		"$COMMAND" run --rule="role=server idle=20" true 2>&1 && echo started
		"$COMMAND" run --rule="role=y off" true 2>&1 || echo "status $?"'
	assert_line --index 0 --regexp "^keepalive: warning: /etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM_RULES rule 2 'role=x': .*; using the other rules$"
	assert_line --index 1 started
	assert_line --regexp "^keepalive: --rule rule 1 'role=y': "
	assert_equal "${lines[-1]}" "status 125"
}

@test "rules of the file that name programs do not work for a control group: reported, with what to do" {
	in_own_etc '
		echo "KEEPALIVE_SHIM_RULES=program=nginx off" | host_file
		"$COMMAND" cgroup attach nowhere 2>&1 || true'
	assert_output "keepalive: /etc/keepalive-shim.conf line 1: KEEPALIVE_SHIM_RULES rule 1: program= does not work for a control group: the kernel's programs see sockets, not executables; KEEPALIVE_SHIM_RULES overrides those of /etc/keepalive-shim.conf, ';' means none"
}

@test "check names the source of each value: option, variable, line of the file, default" {
	require python3
	cat >"$BATS_TEST_TMPDIR/read.py" <<-'END'
		import json, sys
		for name, setting in json.load(sys.stdin)["settings"].items():
		    if setting["from"] != "default":
		        print(name, setting["from"], setting["value"], setting["line"])
	END
	READ=$BATS_TEST_TMPDIR/read.py in_own_etc '
		host_file <<-"END"
			# comment
			KEEPALIVE_SHIM_IDLE=20
			KEEPALIVE_SHIM_INTERVAL=7
			KEEPALIVE_SHIM_COUNT=3
			KEEPALIVE_SHIM_MODE=wrong
			KEEPALIVE_SHIM_RULES=program=none off; \
				program=nobody off
		END
		export KEEPALIVE_SHIM_INTERVAL=8
		"$COMMAND" check --count=4 true 2>/dev/null
		"$COMMAND" check --json --count=4 true 2>/dev/null | python3 "$READ"
		"$COMMAND" check --json true 2>/dev/null | python3 -c "import json, sys; print(*json.load(sys.stdin)[\"warnings\"])"
		echo KEEPALIVE_SHIM=off | host_file
		"$COMMAND" check true || echo "status $?"
		KEEPALIVE_SHIM=on "$COMMAND" check true'
	assert_equal "$stderr" ""
	assert_output - <<-'END'
		true: yes, by preload, idle=20s interval=8s count=4
		true: idle from /etc/keepalive-shim.conf line 2, interval from KEEPALIVE_SHIM_INTERVAL, count from --count, rule from /etc/keepalive-shim.conf line 6, the rest by default
		idle file 20 2
		interval variable 8 None
		count option 4 None
		rule file program=none off; program=nobody off 6
		/etc/keepalive-shim.conf line 5: KEEPALIVE_SHIM_MODE 'wrong': not a mode; accepted: respect or force; using respect
		true: no: KEEPALIVE_SHIM=off
		true: change /etc/keepalive-shim.conf line 1, or set KEEPALIVE_SHIM=on, which overrides it
		status 1
		true: yes, by preload, idle=60s interval=8s count=6
		true: interval from KEEPALIVE_SHIM_INTERVAL, keepalive from KEEPALIVE_SHIM, the rest by default
	END
}

@test "check of a process: the file as that process sees it, and as it was when it started" {
	in_own_etc '
		echo KEEPALIVE_SHIM_IDLE=20 | host_file
		# Another root, with another file.
		mkdir -p "$ROOM/root/etc"
		for place in bin lib lib64 usr mnt; do
			[ -e "/$place" ] || continue
			if [ -L "/$place" ]; then
				cp -d "/$place" "$ROOM/root/"
			else
				mkdir "$ROOM/root/$place"
				mount --rbind "/$place" "$ROOM/root/$place"
			fi
		done
		echo KEEPALIVE_SHIM_IDLE=21 >"$ROOM/root/etc/keepalive-shim.conf"
		here() { LD_PRELOAD=/mnt/libkeepalive-shim.so sleep 60 & }
		there() { chroot "$ROOM/root" env LD_PRELOAD=/mnt/libkeepalive-shim.so sleep 60 & }
		for where in here there; do
			$where
			until grep -q libkeepalive-shim "/proc/$!/maps"; do sleep 0.02; done
			"$COMMAND" check $! | sed "s/^[0-9]*: //"
			kill $!
		done
		here
		until grep -q libkeepalive-shim "/proc/$!/maps"; do sleep 0.02; done
		sleep 0.1
		echo KEEPALIVE_SHIM_IDLE=25 | host_file
		"$COMMAND" check $! 2>&1 | sed "s/^[0-9]*: //; s/process [0-9]*/process N/"
		kill $!'
	assert_output - <<-'END'
		yes, by preload, idle=20s interval=10s count=6
		idle from /etc/keepalive-shim.conf line 1, the rest by default
		yes, by preload, idle=21s interval=10s count=6
		idle from /etc/keepalive-shim.conf line 1, the rest by default
		keepalive: warning: /etc/keepalive-shim.conf has changed since process N was started, which uses what it contained then
		yes, by preload, idle=25s interval=10s count=6
		idle from /etc/keepalive-shim.conf line 1, the rest by default
	END
}

@test "an inherited socket with the file's values counts as ours: the program's own settings apply, off too" {
	require python3
	PARENT=$TESTS/programs/parent.py VALUES=$PROGRAMS/values-of in_own_etc '
		printf "KEEPALIVE_SHIM_IDLE=25\nKEEPALIVE_SHIM_COUNT=kernel\n" | host_file
		handed_over() {
			env LD_PRELOAD="$SHIM" python3 "$PARENT" activation -- env "$@" "$VALUES" 3
		}
		handed_over KEEPALIVE_SHIM_IDLE=
		handed_over KEEPALIVE_SHIM_IDLE=30
		handed_over KEEPALIVE_SHIM=off
		handed_over KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_IDLE=30
		# Values other than those of the file and the defaults: configured by somebody else.
		env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=26 python3 "$PARENT" activation -- env KEEPALIVE_SHIM_IDLE=30 "$VALUES" 3'
	assert_output --regexp '^3 keepalive=1 idle=25 .*
3 keepalive=1 idle=30 .*
3 keepalive=0 .*
3 keepalive=0 .*
3 keepalive=1 idle=26 '
}
