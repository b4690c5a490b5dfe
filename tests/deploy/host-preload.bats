# host-preload writes /etc/ld.so.preload only with a library that works, and can undo it. It runs in a root file
# system of its own; this host's is never touched.
# shellcheck shell=bash
load ../helpers
load root

bats_require_minimum_version 1.5.0

setup() {
	clean_root
	mnt=$BATS_TEST_TMPDIR/mnt
	mkdir "$mnt"
	cp "$REPOSITORY/scripts/deploy/host-preload" "$SHIM" "$mnt/"
}

# a_library NAME: compiles standard input into a shared library in /mnt of the root.
a_library() {
	cc -shared -fPIC -o "$mnt/$1.so" -x c -
}

# in_host SCRIPT: runs it in the root, with the library where a package installs it.
in_host() {
	in_root "$mnt" "
		at=/usr/lib/\$(gcc -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)/keepalive-shim
		mkdir -p \$at
		install -m 0644 /mnt/libkeepalive-shim.so \$at/
		put() { install -m 0644 /mnt/\$1.so \$at/libkeepalive-shim.so; }
		idle() { perl -e 'socket(S, 2, 1, 0); print \"idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\"'; }
		entry() { cat /etc/ld.so.preload 2>/dev/null || echo none; }
		$1"
}

@test "install: every program has keepalive from then on, other entries stay; remove: all as before" {
	a_library other <<<'int other;'
	run -0 --separate-stderr in_host '
		install -m 0644 /mnt/other.so /usr/lib/other.so
		echo /usr/lib/other.so >/etc/ld.so.preload
		chmod 600 /etc/ld.so.preload
		idle
		/mnt/host-preload check
		entry
		/mnt/host-preload install --try "perl -e print(7)"
		/mnt/host-preload install | tail -n 1
		entry; stat -c %a /etc/ld.so.preload; idle
		/mnt/host-preload remove; entry; idle
		/mnt/host-preload remove
		ls /etc | grep preload'
	assert_output - <<-END
		idle 7200
		loads: /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
		same with and without the library: env true
		same with and without the library: sh -c echo word | cat
		/usr/lib/other.so
		loads: /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
		same with and without the library: env true
		same with and without the library: sh -c echo word | cat
		same with and without the library: perl -e print(7)
		/etc/keepalive-shim.conf: written, with every line commented out
		/etc/ld.so.preload: /usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so; programs that start from now on load it
		/etc/ld.so.preload: /usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so; already there
		/usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so
		/usr/lib/other.so
		644
		idle 60
		/etc/keepalive-shim.conf: removed, because nobody has changed it
		/etc/ld.so.preload: entry removed; running programs keep the library until they end
		/usr/lib/other.so
		idle 7200
		/etc/ld.so.preload: no entry
		ld.so.preload
	END
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" ''
}

@test "a daemon that confines itself and ends differently with the library: it is named, and nothing is written" {
	run -1 in_host '
		printf "#!/bin/sh\n[ -z \"\$LD_PRELOAD\" ] || kill -s SYS \$\$\n" >/usr/sbin/chronyd
		chmod 755 /usr/sbin/chronyd
		/mnt/host-preload install && exit 0
		entry
		exit 1'
	assert_line "host-preload: chronyd, in its own sandbox: status 159 with the library, 0 without it"
	assert_equal "${lines[-1]}" none
}

@test "status: prints the entry and whether it works; a correct entry is not written again" {
	run -0 --separate-stderr in_host '
		/mnt/host-preload status || echo "no: $?"
		/mnt/host-preload install >/dev/null
		before=$(stat -c "%i %Y" /etc/ld.so.preload)
		/mnt/host-preload install | tail -n 1
		[ "$before" = "$(stat -c "%i %Y" /etc/ld.so.preload)" ] && echo "not written"
		/mnt/host-preload status && echo "yes"
		mv $at/libkeepalive-shim.so $at/away
		/mnt/host-preload status 2>/dev/null || echo "no: $?"'
	assert_line --index 0 '/etc/ld.so.preload: no entry'
	assert_line --index 1 'no: 1'
	assert_line --regexp '^/etc/ld.so.preload: /usr/.*/libkeepalive-shim.so; already there$'
	assert_line 'not written'
	assert_line yes
	assert_line --partial 'does not load: '
	assert_equal "${lines[-1]}" 'no: 1'
}

# (glibc takes the words of a comment for libraries if the last line has no end; install gives it one.)
@test "a file with comments, without a final newline, with colons, or behind a link: these stay" {
	a_library one <<<'int one;'
	a_library two <<<'int two;'
	run -0 --separate-stderr in_host '
		install -m 0644 /mnt/one.so /mnt/two.so /usr/lib/
		mkdir /etc/managed
		printf "# once /usr/lib/libkeepalive-shim.so\n\n/usr/lib/one.so:/usr/lib/two.so" >/etc/managed/preload
		ln -s managed/preload /etc/ld.so.preload
		/mnt/host-preload remove
		/mnt/host-preload install | tail -n 1
		idle
		readlink /etc/ld.so.preload
		entry
		sed -i "1s/\$/ # ours/" /etc/managed/preload
		/mnt/host-preload remove >/dev/null
		readlink /etc/ld.so.preload
		entry
		ls /etc/managed'
	assert_output - <<-'END'
		/etc/managed/preload: no entry
		/etc/managed/preload: /usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so; programs that start from now on load it
		idle 60
		managed/preload
		/usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so
		# once /usr/lib/libkeepalive-shim.so
		/usr/lib/one.so:/usr/lib/two.so
		managed/preload
		 # ours
		# once /usr/lib/libkeepalive-shim.so
		/usr/lib/one.so:/usr/lib/two.so
		preload
	END
}

@test "a DOS line ending: status reports why the entry does not work, remove removes it" {
	run -0 in_host '
		printf "%s\r\n" $at/libkeepalive-shim.so >/etc/ld.so.preload
		/mnt/host-preload status 2>/dev/null || echo "no: $?"
		/mnt/host-preload remove 2>/dev/null
		entry
		/mnt/host-preload install | tail -n 1
		idle
		od -c /etc/ld.so.preload | grep "[\]r" || echo "no carriage return"'
	assert_line --partial 'ends in a carriage return'
	assert_line 'no: 1'
	assert_line 'idle 60'
	assert_line 'no carriage return'
}

@test "a file that cannot be replaced: install and remove fail with a message, and nothing else is written" {
	run -0 in_host '
		echo /usr/lib/none.so >/var/preload
		touch /etc/ld.so.preload
		perl -e "syscall(165, @ARGV, 0, 4096, 0) == 0 or die \$!" /var/preload /etc/ld.so.preload # mount --bind
		cp $at/libkeepalive-shim.so /usr/lib/none.so
		/mnt/host-preload install || echo "failed: $?"
		ls /etc | grep -e preload -e keepalive-shim
		entry'
	assert_line --regexp 'mv: .*/etc/ld.so.preload'
	assert_line 'failed: 1'
	assert_equal "$(tail -n 2 <<<"$output")" "$(printf '%s\n' ld.so.preload /usr/lib/none.so)"
}

@test "install: finds what make install PREFIX=/usr/local installed, also in a chroot without /proc" {
	run -0 in_host '
		mkdir -p /usr/local/sbin
		mkdir -p /usr/local/lib/keepalive-shim
		mv $at/* /usr/local/lib/keepalive-shim/
		install -m 0755 /mnt/host-preload /usr/local/sbin/host-preload
		perl -e "\$proc = \"/proc\"; syscall(166, \$proc, 2) == 0 or die \$!" # umount2(MNT_DETACH)
		host=/usr/local/sbin/host-preload
		$host install | tail -n 1
		entry; idle
		$host status >/dev/null && echo works
		$host remove >/dev/null; entry'
	assert_line /usr/local/lib/keepalive-shim/libkeepalive-shim.so
	assert_line 'idle 60'
	assert_line works
	assert_equal "${lines[-1]}" none
}

@test "install: a library in /usr/lib32 was not found" {
	run -0 in_host '
		mkdir -p /usr/lib32
		mv $at /usr/lib32/
		/mnt/host-preload install >/dev/null
		entry; idle'
	assert_output "$(printf '%s\n' /usr/lib32/keepalive-shim/libkeepalive-shim.so 'idle 60')"
}

@test "install: two word sizes get one entry with \$LIB, and a missing library for one is refused" {
	run -0 in_host '
		cp /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-other.so.2
		/mnt/host-preload install | tail -n 1
		entry; idle
		/mnt/host-preload remove >/dev/null
		mkdir /usr/lib/keepalive-shim; mv $at/* /usr/lib/keepalive-shim/
		/mnt/host-preload install || entry'
	assert_line --index 1 '/usr/$LIB/keepalive-shim/libkeepalive-shim.so'
	assert_line --index 2 'idle 60'
	assert_output --partial 'install the library for them too'
	assert_line none
}

# refused NAME MESSAGE: install refuses the library of this name with the message, and writes nothing.
refused() {
	run -0 in_host "put $1; /mnt/host-preload install --library \$at/libkeepalive-shim.so || echo \"failed: \$?\"; entry"
	assert_output --partial "$2"
	assert_line 'failed: 1'
	assert_equal "${lines[-1]}" none
	refute_output --partial 'programs that start'
}

@test "install: a library that cannot be loaded, or is not there, is refused, and nothing is written" {
	echo 'not a library' >"$mnt/text.so"
	a_library needs <<<'int nowhere(void); int (*need)(void) = nowhere;'
	refused text 'cannot load'
	refused needs 'undefined symbol: nowhere'
	run -1 in_host '/mnt/host-preload install --library /nowhere/libkeepalive-shim.so'
	assert_output --partial 'no such file'
}

@test "install: with a library that crashes when it is loaded, it ended without a message" {
	a_library crashes <<<'__attribute__((constructor)) static void load(void) { __builtin_trap(); }'
	refused crashes 'differs with the library: env true'
	assert_line 'without: status 0'
	assert_line --regexp '(^|: )status 132$'
}

@test "install: a library that prints something is refused, and nothing is written" {
	a_library talks <<<'#include <unistd.h>
		__attribute__((constructor)) static void load(void) { if (write(1, "hello\n", 6)) {} }'
	refused talks 'differs with the library: env true'
	assert_line 'with:    hello'
}

@test "check --try: a command that fails is the same both ways, one that differs or is not there is named" {
	a_library dies <<<'#include <string.h>
		#include <unistd.h>
		extern char *program_invocation_short_name;
		__attribute__((constructor)) static void load(void)
		{
			if (strcmp(program_invocation_short_name, "uname") == 0)
				_exit(3);
		}'
	run -0 in_host '
		/mnt/host-preload check --try false --try "ls /nowhere"
		for command in nosuchcmd /etc/passwd cd; do
			/mnt/host-preload check --try $command || echo "failed: $?"
		done
		put dies
		/mnt/host-preload check --try true --try "uname -s" || echo "failed: $?"'
	assert_line 'same with and without the library: false'
	assert_line 'same with and without the library: ls /nowhere'
	assert_line 'host-preload: cannot be tried: nosuchcmd'
	assert_line 'host-preload: cannot be tried: /etc/passwd'
	assert_line 'host-preload: cannot be tried: cd' # only a shell knows it
	assert_line 'host-preload: differs with the library: uname -s'
	assert_line 'without: Linux'
	assert_line 'with:    status 3'
	assert_equal "$(grep -c '^failed: 1$' <<<"$output")" 4
}

@test "install: a library that fails only as an entry is removed again, with the shell alone" {
	a_library turns <<<'#include <stdlib.h>
		__attribute__((constructor)) static void load(void) { if (!getenv("LD_PRELOAD")) abort(); }'
	run -0 in_host '
		echo "# mine" >/etc/ld.so.preload
		put turns
		/mnt/host-preload install || entry
		env true && echo "programs run"'
	assert_output --partial 'so it was removed again'
	assert_line '# mine'
	assert_line 'programs run'
}

@test "install: refuses a library that others can replace, since root's programs would run it" {
	run -0 in_host '
		chmod o+w $at; /mnt/host-preload install || entry
		chmod 755 $at; chown 1000 $at/*; /mnt/host-preload install || entry'
	assert_equal "$(grep -c '^none$' <<<"$output")" 2
	assert_output --partial 'must belong to root'
}

@test "/etc/keepalive-shim.conf: written if there is none, never replaced, left by remove if changed; its lines are the defaults" {
	local name

	run -0 --separate-stderr in_host '
		/mnt/host-preload install >/dev/null
		stat -c "%a %U" /etc/keepalive-shim.conf
		cat /etc/keepalive-shim.conf
		sed -i "s/^#\(KEEPALIVE\|   \)/\1/" /etc/keepalive-shim.conf
		/mnt/host-preload install | grep "shim.conf"
		/mnt/host-preload remove >/dev/null
		KEEPALIVE_SHIM_LOG=stderr LD_PRELOAD=$at/libkeepalive-shim.so perl -e "socket(S, 2, 1, 0)" 2>&1
		grep -c ^KEEPALIVE /etc/keepalive-shim.conf
		LD_PRELOAD=$at/libkeepalive-shim.so idle'
	assert_line --index 0 "644 root"
	assert_line "/etc/keepalive-shim.conf: no errors"
	refute_output --partial "shim.conf line"
	assert_line 10
	assert_line "idle 60"
	for name in $(grep -oh '"KEEPALIVE_SHIM[A-Z_]*"' "$REPOSITORY/shim/common/settings_table.h" | tr -d '"'); do
		assert_line --regexp "^#$name="
	done
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" ''
}

@test "/etc/keepalive-shim.conf with an error: check and install name line, value and what is accepted" {
	run -0 in_host '
		printf "KEEPALIVE_SHIM=off\nKEEPALIVE_SHIM_IDLE=400\nKEEPALIVE_SHIM_COUNT=999\n" >/etc/keepalive-shim.conf
		/mnt/host-preload check || echo "check: $?"
		/mnt/host-preload install >/dev/null 2>&1 || entry
		chmod 666 /etc/keepalive-shim.conf
		/mnt/host-preload check || echo "check: $?"
		printf "KEEPALIVE_SHIM_IDLE=400\n" >/etc/keepalive-shim.conf
		chmod 644 /etc/keepalive-shim.conf
		/mnt/host-preload check && echo "check: $?"'
	assert_line "/etc/keepalive-shim.conf line 3: KEEPALIVE_SHIM_COUNT '999': out of range; accepted: 1 to 127, or kernel; using 6"
	assert_line --partial "/etc/keepalive-shim.conf: users other than root can write it; accepted: "
	assert_line --partial "warning: /etc/keepalive-shim.conf line 1: KEEPALIVE_SHIM_IDLE '400'"
	assert_equal "$(grep -c "COUNT '999'" <<<"$output")" 1
	assert_equal "$(grep -c '^check: 1' <<<"$output") $(grep -c '^check: 0' <<<"$output") $(grep -c '^none$' <<<"$output")" "2 1 1"
}

@test "/etc/keepalive-shim.conf: what the caller's environment or the check itself sets hides no error" {
	run -0 in_host '
		export KEEPALIVE_SHIM_IDLE=30 KEEPALIVE_SHIM_RULES=
		for line in KEEPALIVE_SHIM=maybe KEEPALIVE_SHIM_LOG=keepalive.log "KEEPALIVE_SHIM_LOG = \"nowhere\"" KEEPALIVE_SHIM_IDLE=99999 \
			KEEPALIVE_SHIM_RULES=odd; do
			printf "\n%s\n" "$line" >/etc/keepalive-shim.conf
			/mnt/host-preload check >/tmp/said 2>&1 && echo accepted
			grep shim.conf /tmp/said
		done
		for line in KEEPALIVE_SHIM=off KEEPALIVE_SHIM_LOG=/var/log/x KEEPALIVE_SHIM_LOG=stderr KEEPALIVE_SHIM_LOG=; do
			echo "$line" >/etc/keepalive-shim.conf
			/mnt/host-preload check | tail -n 1
		done
		[ ! -e /var/log/x ]' 2>/dev/null
	refute_line accepted
	assert_line --regexp "^/etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM 'maybe': .*accepted: "
	assert_line --regexp "^/etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM_LOG 'keepalive.log': .*accepted: "
	assert_line --regexp "^/etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM_LOG 'nowhere': .*accepted: "
	assert_line --regexp "^/etc/keepalive-shim.conf line 2: KEEPALIVE_SHIM_IDLE '99999': .*accepted: "
	assert_equal "$(grep -c "no errors" <<<"$output")" 4
	assert_equal "${lines[-1]}" "/etc/keepalive-shim.conf: no errors"
}

@test "remove, with a library of another name like ours: no part of that is left" {
	run -0 in_host '
		cp $at/libkeepalive-shim.so /usr/lib/libkeepalive-shim.so.1
		printf "/usr/lib/libkeepalive-shim.so.1 # x\n" >/etc/ld.so.preload
		/mnt/host-preload remove
		/mnt/host-preload install >/dev/null
		entry
		/mnt/host-preload remove >/dev/null
		entry'
	assert_output - <<-'END'
		/etc/ld.so.preload: no entry
		/usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so
		/usr/lib/libkeepalive-shim.so.1 # x
		/usr/lib/libkeepalive-shim.so.1 # x
	END
}

@test "not root: install and remove ended with the shell's own errors; check and status need no root" {
	run -0 in_host '
		user() { setpriv --reuid=1000 --regid=1000 --clear-groups /mnt/host-preload "$@" 2>&1 || echo "$1: $?"; }
		user check | tail -n 1
		user install
		entry
		user remove
		/mnt/host-preload install >/dev/null
		user status | tail -n 1
		user remove
		echo "# changed" >>/etc/keepalive-shim.conf
		user remove
		entry
		ls /etc | grep -e preload -e shim'
	assert_output - <<-END
		same with and without the library: sh -c echo word | cat
		host-preload: install needs root, to write /etc/ld.so.preload
		install: 1
		none
		/etc/ld.so.preload: no entry
		loads: /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
		host-preload: remove needs root, to write /etc/keepalive-shim.conf
		remove: 1
		host-preload: remove needs root, to write /etc/ld.so.preload
		remove: 1
		/usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so
		keepalive-shim.conf
		ld.so.preload
	END
}

@test "an option without its value is an error of one line, with exit status 1" {
	local option

	for option in --library --try; do
		run -1 "$REPOSITORY/scripts/deploy/host-preload" check $option
		assert_output --regexp "^host-preload: $option needs a [a-z]+\$"
	done
}

@test "ended by a signal: no temporary file is left, and no entry that has not been tried" {
	a_library signals <<<'#include <signal.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>
		extern char *program_invocation_short_name;
		__attribute__((constructor)) static void load(void)
		{
			if (!getenv("LD_PRELOAD") && strcmp(program_invocation_short_name, "env") == 0)
				kill(getppid(), SIGTERM);
		}'
	run -0 in_host '
		printf "#!/bin/sh\nkill -s TERM \$PPID\n" >/usr/sbin/chronyd
		chmod 755 /usr/sbin/chronyd
		ls /tmp
		/mnt/host-preload check >/dev/null || echo "failed: $?"
		ls /tmp
		rm /usr/sbin/chronyd
		put signals
		/mnt/host-preload install | grep -v -e loads -e same
		entry
		ls /etc | grep -e preload -e shim || echo nothing'
	assert_output - <<-END
		failed: 1
		/etc/keepalive-shim.conf: written, with every line commented out
		none
		nothing
	END
}

@test "remove --library, as packages do: only if the entry is that library, whatever its spelling" {
	run -0 --separate-stderr in_host '
		mkdir -p /usr/local/lib/keepalive-shim
		cp $at/libkeepalive-shim.so /usr/local/lib/keepalive-shim/
		/mnt/host-preload install --library /usr/local/lib/keepalive-shim/libkeepalive-shim.so >/dev/null
		/mnt/host-preload remove --library $at/libkeepalive-shim.so
		entry
		ls /etc/keepalive-shim.conf
		/mnt/host-preload remove --library /usr/local/lib/keepalive-shim/libkeepalive-shim.so >/dev/null
		entry
		for spelling in "/usr/\$LIB" "/usr/\${LIB}" "/lib/${at#/usr/lib/}/.." "${at%/keepalive-shim}"; do
			echo "$spelling/keepalive-shim/libkeepalive-shim.so" >/etc/ld.so.preload
			/mnt/host-preload remove --library $at/libkeepalive-shim.so >/dev/null
			entry
		done
		/mnt/host-preload remove --library $at/libkeepalive-shim.so'
	assert_output - <<-'END'
		/etc/ld.so.preload: the entry is /usr/local/lib/keepalive-shim/libkeepalive-shim.so, not /usr/lib/x86_64-linux-gnu/keepalive-shim/libkeepalive-shim.so; nothing is changed
		/usr/local/lib/keepalive-shim/libkeepalive-shim.so
		/etc/keepalive-shim.conf
		none
		none
		none
		none
		none
		/etc/ld.so.preload: no entry
	END
}
