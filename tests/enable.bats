# `keepalive enable` and `disable`: the drop-in for each kind of service. tests/kernels/systemd.bats has systemd
# run it.

load helpers

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	UNITS=$ROOT/usr/lib/systemd/system
	DROP_IN=$ROOT/etc/systemd/system/it.service.d/zz-keepalive-shim.conf
	mkdir -p "$UNITS" "$ROOT/usr/bin"
	cp "$PROGRAMS/armed" "$ROOT/usr/bin/dynamic"
	LINKER=$(readelf -lW "$PROGRAMS/armed" | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
	mkdir -p "$ROOT${LINKER%/*}"
	cp "$LINKER" "$ROOT$LINKER"
}

# service LINE...: the unit it.service.
service() {
	printf '%s\n' '[Unit]' Description=it '[Service]' "$@" >"$UNITS/it.service"
}

# static_service LINE...: the same, with a program that no preload reaches.
static_service() {
	echo 'int main(void) { return 0; }' |
		"${CC:-cc}" -static -x c -o "$ROOT/usr/bin/static" - 2>/dev/null || skip_as static
	service "$@"
}

enable() {
	"$KEEPALIVE" enable --root="$ROOT" "$@"
}

# verified: systemd finds nothing wrong with the drop-in.
verified() {
	command -v systemd-analyze >/dev/null || return 0
	run env SYSTEMD_UNIT_PATH="$ROOT/etc/systemd/system:$UNITS:" systemd-analyze verify it.service
	refute_output --partial keepalive-shim.conf
}

@test "a dynamic service: the preload and the settings that were given, and systemd reads them back" {
	service 'ExecStart=/usr/bin/dynamic'
	run -0 enable --idle=30s --rule='program=a*b off' --rule='role=client peer=10.0.0.0/8 idle=40' it
	assert_output "$DROP_IN: by preload"
	run cat "$DROP_IN"
	assert_line --index 0 "# Written by 'keepalive enable'; 'keepalive disable it.service' removes it."
	assert_line --index 1 '[Service]'
	# shellcheck disable=SC2016 # the dynamic linker expands it
	assert_line --index 2 'Environment="LD_PRELOAD=/usr/$LIB/keepalive-shim/libkeepalive-shim.so"'
	assert_line --index 3 'Environment="KEEPALIVE_SHIM_IDLE=30s"'
	assert_line --index 4 'Environment="KEEPALIVE_SHIM_RULES=program=a*b off;role=client peer=10.0.0.0/8 idle=40"'
	verified
}

# service_prints COMMAND...: what it prints on standard error with the settings of the drop-in.
service_prints() {
	local -a variables

	mapfile -t variables < <(sed -n 's/^Environment="\(KEEPALIVE_SHIM_.*\)"$/\1/p' "$DROP_IN")
	{ env "${variables[@]}" "$@" >/dev/null; } 2>&1
}

@test "a warning is printed by enable, and not again by the service's processes, however they are started" {
	local how warning="warning: KEEPALIVE_SHIM_INTERVAL '10s': the interval is longer than the idle time"

	service 'ExecStart=/usr/bin/dynamic'
	run -0 --separate-stderr enable --idle=9s it
	[[ $stderr == "keepalive: $warning"* ]]
	run service_prints env LD_PRELOAD="$SHIM" sh -c 'true; exec env true'
	assert_output ""
	for how in run 'run --supervise=always'; do
		# shellcheck disable=SC2086
		"$KEEPALIVE" $how true 2>/dev/null || continue # no supervision here
		# shellcheck disable=SC2086
		run service_prints "$KEEPALIVE" $how sh -c 'env true; exec env true'
		assert_output ""
	done
	run service_prints "$KEEPALIVE" cgroup pin /nowhere/it
	refute_output --partial "$warning"
	# Other settings than those that enable warned of.
	run service_prints env KEEPALIVE_SHIM_IDLE=8s LD_PRELOAD="$SHIM" true
	assert_output --partial "$warning"
	run service_prints "$KEEPALIVE" run --idle=8s true
	assert_output --partial "keepalive: $warning"
	run service_prints env KEEPALIVE_SHIM_IDLE=8s "$KEEPALIVE" cgroup pin /nowhere/it
	assert_output --partial "keepalive: $warning"
	run -0 enable --idle=20s it
	refute grep SAID "$DROP_IN"
}

@test "a variable of whoever calls enable, or the host's file with --root, decided for a service that gets neither" {
	local drop_in setting how

	service 'ExecStart=/usr/bin/dynamic'
	mkdir "$BATS_TEST_TMPDIR/etc"
	for how in '' --cgroup; do
		drop_in=$(enable ${how:+"$how"} --dry-run it)
		for setting in KEEPALIVE_SHIM=off KEEPALIVE_SHIM_IDLE=abc KEEPALIVE_SHIM_INTERVAL=100 \
			KEEPALIVE_SHIM_SAID=1 KEEPALIVE_SHIM_RULES='program=dynamic off'; do
			run -0 env "$setting" "$KEEPALIVE" enable --root="$ROOT" ${how:+"$how"} --dry-run it
			assert_output "$drop_in"
			[ "$(id -u)" = 0 ] || continue
			echo "$setting" >"$BATS_TEST_TMPDIR/etc/keepalive-shim.conf"
			run -0 "$TESTS/confined" "$BATS_TEST_TMPDIR/etc" "$KEEPALIVE" enable --root="$ROOT" ${how:+"$how"} --dry-run it
			assert_output "$drop_in"
		done
	done
	# What is refused is an option's text, whatever the variable is.
	run -125 env KEEPALIVE_SHIM_RULES=off "$KEEPALIVE" enable --root="$ROOT" --rule='nonsense' it
	assert_output --partial "--rule rule 1 'nonsense': "
}

@test "without --root the host's file counts, and an option replaces what it sets" {
	require_root
	require unshare
	mkdir -p "$BATS_TEST_TMPDIR/etc/systemd/system"
	printf '[Service]\nExecStart=/bin/true\n' >"$BATS_TEST_TMPDIR/etc/systemd/system/it.service"
	# run_here OPTION...
	run_here() {
		"$TESTS/confined" "$BATS_TEST_TMPDIR/etc" "$KEEPALIVE" enable --dry-run "$@" it
	}
	echo KEEPALIVE_SHIM_RULES=program=true off >"$BATS_TEST_TMPDIR/etc/keepalive-shim.conf"
	run -125 run_here
	assert_output --partial "a rule exempts 'true'"
	run -0 run_here --rule='program=other off'
	assert_line 'Environment="KEEPALIVE_SHIM_RULES=program=other off"'
	run -125 run_here --cgroup
	assert_output --partial "program= does not work for a control group"
	echo KEEPALIVE_SHIM=off >"$BATS_TEST_TMPDIR/etc/keepalive-shim.conf"
	run -125 run_here
	assert_output --partial "KEEPALIVE_SHIM=off"
}

@test "quotes, backslashes and percent signs in a setting are the setting's, not systemd's" {
	service 'ExecStart=/usr/bin/dynamic'
	run -0 enable --log='/var/log/100%"of\it' it
	run cat "$DROP_IN"
	assert_line 'Environment="KEEPALIVE_SHIM_LOG=/var/log/100%%\"of\\it"'
	verified
}

@test "what the service preloads stays, behind the library" {
	service 'Environment=A=1 "LD_PRELOAD=/usr/lib/libother.so"' 'ExecStart=/usr/bin/dynamic'
	run -0 enable it
	run cat "$DROP_IN"
	assert_line --partial 'libkeepalive-shim.so:/usr/lib/libother.so"'
	run -0 enable --idle=9s --interval=3s it # the second time does not add it again
	run grep -o libkeepalive-shim "$DROP_IN"
	assert_output libkeepalive-shim
}

@test "a static service is started by run: its own line, its prefixes, over more than one line" {
	# shellcheck disable=SC2016 # systemd expands it
	static_service 'ExecStart=-/usr/bin/static --one \' '# between' '  "two words" $THREE %i'
	run -0 enable --idle=30 it.service
	assert_output --partial "by 'keepalive run' in front of ExecStart="
	run cat "$DROP_IN"
	assert_line --index 2 'ExecStart='
	# shellcheck disable=SC2016
	assert_line --index 3 'ExecStart=-/usr/bin/keepalive run -- /usr/bin/static --one    "two words" $THREE %i'
	assert_line --index 4 'Environment="KEEPALIVE_SHIM_IDLE=30"'
}

@test "argv[0] of its own (@), and several commands in a line: each is started by run, under its name" {
	static_service Type=oneshot \
		'ExecStart=-@/usr/bin/static "a name" -x ; /usr/bin/static \; "b ; c" ;/usr/bin/static' \
		'ExecStart=@"/usr/bin/static" plain'
	run -0 enable it
	run grep ^ExecStart= "$DROP_IN"
	assert_output 'ExecStart=
ExecStart=-/usr/bin/keepalive run --argv0 "a name" -- /usr/bin/static -x
ExecStart=/usr/bin/keepalive run -- /usr/bin/static \; "b ; c" ;/usr/bin/static
ExecStart=/usr/bin/keepalive run --argv0 plain -- "/usr/bin/static"'
	verified
	service Type=oneshot 'ExecStart=/usr/bin/dynamic ; /usr/bin/missing'
	run -125 enable it
	assert_output --partial "/usr/bin/missing': No such file"
}

@test "the administrator's own drop-in wins" {
	static_service 'ExecStart=/no/such/program'
	mkdir -p "$ROOT/etc/systemd/system/it.service.d"
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/static x\n' >"$ROOT/etc/systemd/system/it.service.d/own.conf"
	run -0 enable it
	assert_equal "$(grep -c '^ExecStart=.' "$DROP_IN")" 1
	run cat "$DROP_IN"
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/static x'
	run -0 enable it
	assert_equal "$(grep -c '^ExecStart=.' "$DROP_IN")" 1
}

@test "a drop-in that comes before or after: systemd starts what enable wrote, or enable says why not" {
	static_service 'ExecStart=/no/such/program'
	local folder=$ROOT/etc/systemd/system/it.service.d
	mkdir -p "$folder"
	# The name that systemctl edit gives it.
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/static x\n' >"$folder/override.conf"
	run -0 enable it
	read_back it.service
	assert_line --regexp 'Command Line: /usr/bin/keepalive run -- /usr/bin/static x$'
	mv "$folder/override.conf" "$folder/zzz.conf"
	cp "$DROP_IN" "$BATS_TEST_TMPDIR/before"
	run -125 enable --idle=20 it
	assert_output --partial "a drop-in that systemd reads after '$DROP_IN' overrides it"
	cmp "$DROP_IN" "$BATS_TEST_TMPDIR/before" # what an earlier enable wrote stays
	rm "$DROP_IN"
	run -125 enable it
	[ ! -e "$DROP_IN" ]
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/dynamic\nEnvironment=LD_PRELOAD=/usr/lib/other.so\n' >"$folder/override.conf"
	rm "$folder/zzz.conf"
	run -0 enable it
	read_back it.service
	assert_line --regexp 'Environment: LD_PRELOAD=.*libkeepalive-shim\.so:/usr/lib/other\.so$'
	printf '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/other.so\n' >"$folder/zzz.conf"
	rm "$DROP_IN"
	run -125 enable it
	[ ! -e "$DROP_IN" ]
}

@test "services that empty their children's environment are supervised: postgresql@, postfix" {
	local unit
	for unit in postgresql@.service postfix.service; do
		printf '[Service]\nExecStart=/usr/bin/dynamic %%i\n' >"$UNITS/$unit"
		run -0 enable --dry-run "${unit/@/@15-main}"
		assert_line 'ExecStart=/usr/bin/keepalive run --supervise=always -- /usr/bin/dynamic %i'
	done
	[ ! -e "$ROOT/etc" ]
}

@test "--cgroup: the programs of the kernel, before the service starts and after, whatever it is; rules they cannot have: refused" {
	static_service 'ExecStart=/usr/bin/static'
	run -0 enable --cgroup --idle=30 it
	assert_output "$DROP_IN: by its control group, in the kernel"
	run cat "$DROP_IN"
	assert_line --index 2 'ExecStartPre=+/usr/bin/keepalive cgroup attach self'
	assert_line --index 3 'ExecStartPost=-+/usr/bin/keepalive cgroup attach self'
	assert_line --index 4 'Environment="KEEPALIVE_SHIM_IDLE=30"'
	verified
	run -0 "$KEEPALIVE" disable --root="$ROOT" it
	run -125 enable --cgroup --rule='program=static off' it
	assert_output --partial "rule 1: program= does not work for a control group"
	run -125 enable --cgroup --log=stderr it
	assert_output --partial "--log does not apply here"
	[ ! -e "$DROP_IN" ]
}

@test "a service that is started by env(1): judged by what that starts" {
	static_service "ExecStart=/usr/bin/env A=1 $ROOT/usr/bin/static"
	require_root
	require unshare
	[ -d /etc/systemd/system ] || skip_as units
	# Without --root, so with a private /etc/systemd/system.
	run -0 unshare --mount sh -c "mount --bind '$UNITS' /etc/systemd/system &&
		'$KEEPALIVE' enable --dry-run it"
	assert_line --regexp '^ExecStart=.*keepalive run -- /usr/bin/env A=1 '
}

# read_back UNIT: what systemd itself makes of the unit: its command lines, and its environment.
read_back() {
	local systemd public

	for systemd in /lib/systemd/systemd /usr/lib/systemd/systemd; do
		[ ! -x "$systemd" ] || break
	done
	[ -x "$systemd" ] || skip_as systemd
	require_root
	require setpriv
	public=$(mktemp -d) # systemd tests nothing as root, and the test's own folder is root's
	cp -R "$UNITS" "$public/units"
	cp -R "$ROOT/etc/systemd/system" "$public/own"
	chmod -R a+rX "$public"
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups \
		env SYSTEMD_UNIT_PATH="$public/own:$public/units:" SYSTEMD_LOG_LEVEL=err "$systemd" --test --system --unit="$1"
	rm -r "$public"
	# shellcheck disable=SC2154 # bats sets it
	run sed -n "/^\t-> Unit $1:/,/^\t-> Unit/ { /Unit Load State\|Command Line\|Environment:/p }" <<<"$output"
}

@test "this command's own path: quoted as systemd wants it, and read back; what systemd cannot start is refused" {
	static_service "ExecStart=/usr/bin/static"
	require_root
	require unshare
	[ -d /etc/systemd/system ] || skip_as units
	mkdir "$ROOT/etc" "$BATS_TEST_TMPDIR/a b%i\$c" "$BATS_TEST_TMPDIR/a\"b"
	cp "$KEEPALIVE" "$BATS_TEST_TMPDIR/a b%i\$c/keepalive"
	cp "$KEEPALIVE" "$BATS_TEST_TMPDIR/a\"b/keepalive"
	mkdir -p "$ROOT/etc/systemd/system"
	cp "$ROOT/usr/bin/static" "$BATS_TEST_TMPDIR/static"
	sed "s|/usr/bin/static|$BATS_TEST_TMPDIR/static|" "$UNITS/it.service" >"$ROOT/etc/systemd/system/it.service"
	# Without --root, in a /etc/systemd/system of its own, since in an image its path is /usr/bin/keepalive.
	in_own() {
		KEEPALIVE=$1 run unshare --mount sh -c 'mount --bind "$0" /etc/systemd/system && shift && exec "$@"' \
			"$ROOT/etc/systemd/system" "$@"
	}
	in_own "$BATS_TEST_TMPDIR/a b%i\$c/keepalive" "$BATS_TEST_TMPDIR/a b%i\$c/keepalive" enable it
	assert_success
	in_own "$BATS_TEST_TMPDIR/a\"b/keepalive" "$BATS_TEST_TMPDIR/a\"b/keepalive" enable --cgroup it
	assert_failure 125
	assert_output --partial "systemd cannot start a program whose path has quotes, backslashes or control characters"
	read_back it.service
	assert_line --partial "State: loaded"
	assert_line --regexp 'Command Line: "/.*/a b%i\\\$c/keepalive" run -- /.*/static$'
}

@test "escapes and specifiers in a program's path: followed; what only systemd knows is refused" {
	static_service 'ExecStart=/usr/bin/a\x20stati\143 $$x'
	mv "$ROOT/usr/bin/static" "$ROOT/usr/bin/a static"
	run -0 enable it
	run grep ^ExecStart=/ "$DROP_IN"
	assert_output 'ExecStart=/usr/bin/keepalive run -- /usr/bin/a\x20stati\143 $$x'
	verified
	cp "$ROOT/usr/bin/a static" "$ROOT/usr/bin/x-y.d"
	printf '%s\n' '[Service]' 'ExecStart="/usr/bin/%i.d" %I' >"$UNITS/t@.service"
	run -0 enable --dry-run t@x-y
	assert_line 'ExecStart=/usr/bin/keepalive run -- "/usr/bin/%i.d" %I'
	run -125 enable t@
	assert_output --partial "only systemd knows which program '/usr/bin/%i.d' is; name an instance"
	cp "$ROOT/usr/bin/a static" "$ROOT/usr/bin/it%"
	service 'ExecStart=:/usr/bin/%N%%'
	run -0 enable it
	cp "$ROOT/usr/bin/a static" "$ROOT/usr/bin/\$it"
	service 'ExecStart=/usr/bin/$it $A'
	run -0 enable --dry-run it
	# In the place of an argument systemd would expand it.
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/$$it $A'
	service 'ExecStart=:/usr/bin/$it $A'
	run -0 enable --dry-run it
	assert_line 'ExecStart=:/usr/bin/keepalive run -- /usr/bin/$it $A'
	service 'ExecStart=/usr/lib/%H/x'
	run -125 enable it
	assert_output --partial "use 'keepalive enable --cgroup'"
	run -0 enable --cgroup it
}

@test "a program without a path is looked for as systemd does, in the image" {
	static_service 'ExecStart=static x'
	mkdir -p "$ROOT/usr/local/bin"
	mv "$ROOT/usr/bin/static" "$ROOT/usr/local/bin/static"
	run -0 enable it
	run grep ^ExecStart=/ "$DROP_IN"
	assert_output 'ExecStart=/usr/bin/keepalive run --argv0 static -- "/usr/local/bin/static" x'
	verified
	service 'ExecStart=true' # not this machine's
	run -125 enable it
	assert_output --partial "its program '$ROOT/"
}

# service_of PROGRAM: the unit it.service, and what enable prints of it.
service_of() {
	service "ExecStart=$1"
	run enable --dry-run it
}

@test "absolute links of the image were followed on the host, also those of directories and of a bare name" {
	local how link

	static_service
	mkdir "$ROOT/opt" "$ROOT/etc"
	mv "$ROOT/usr/bin/static" "$ROOT/opt/static"
	ln -s /usr/bin "$ROOT/bin"
	ln -s /opt/static "$ROOT/usr/bin/sh" # this host's is dynamic
	for link in /opt/static /bin/sh ../../bin/./sh //../../../../opt/../bin//sh; do
		ln -sf "$link" "$ROOT/usr/bin/svc"
		for how in /usr/bin/svc /bin/svc svc; do
			service_of $how
			assert_success
			assert_line --regexp "^ExecStart=/usr/bin/keepalive run (--argv0 svc )?-- \"?(/usr)?/bin/svc\"?\$"
		done
	done
	service_of svc
	assert_line 'ExecStart=/usr/bin/keepalive run --argv0 svc -- "/usr/bin/svc"'
	ln -sf /bin/true "$ROOT/usr/bin/svc" # this host's
	service_of /usr/bin/svc
	assert_failure 125
	assert_output "keepalive: 'it.service': its program '$ROOT/usr/bin/svc': No such file or directory"
	ln -sf svc "$ROOT/usr/bin/svc"
	service_of /usr/bin/svc
	assert_failure 125
	assert_output --partial "Too many levels of symbolic links"
}

@test "interpreters of the image were looked for on the host: of scripts, by env(1), and the dynamic linker" {
	local line

	static_service
	mkdir "$ROOT/opt"
	mv "$ROOT/usr/bin/static" "$ROOT/opt/static"
	ln -s /opt/static "$ROOT/usr/bin/interpreter"
	ln -s dynamic "$ROOT/usr/bin/env"
	ln -s /opt/static "$ROOT/usr/bin/sh"
	ln -s usr/bin "$ROOT/bin"
	for line in '#!/opt/static' '#!/usr/bin/interpreter -x' '#!/usr/bin/env interpreter' '#!/bin/sh' 'no such line'; do
		printf '%s\n' "$line" >"$ROOT/usr/bin/script"
		chmod +x "$ROOT/usr/bin/script"
		service_of '/usr/bin/script a'
		assert_success
		assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/script a'
	done
	service_of '/usr/bin/env A=1 interpreter'
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/env A=1 interpreter'
	service_of '/usr/bin/env A=1 dynamic'
	assert_line --partial 'Environment="LD_PRELOAD='
	printf '#!/bin/true\n' >"$ROOT/usr/bin/script" # this host's
	service_of /usr/bin/script
	assert_failure 125
	assert_output --partial "its program '$ROOT/usr/bin/script': No such file"
	mv "$ROOT$LINKER" "$ROOT/opt/linker"
	service_of /usr/bin/dynamic
	assert_failure 125
	assert_output --partial "its dynamic linker $LINKER is missing"
	ln -s /opt/linker "$ROOT$LINKER"
	service_of /usr/bin/dynamic
	assert_success
}

@test "what overrides Environment=: run sets LD_PRELOAD itself, and a setting that would not hold is named" {
	service 'EnvironmentFile=-/etc/default/%p' 'ExecStart=/usr/bin/dynamic'
	run -0 enable --dry-run it
	assert_line --partial 'Environment="LD_PRELOAD='
	mkdir -p "$ROOT/etc/default"
	printf '# LD_PRELOAD=no\n LD_PRELOAD = /usr/lib/libother.so\nKEEPALIVE_SHIM_IDLE=99\n' >"$ROOT/etc/default/it"
	run -0 enable --dry-run --idle=30 --interval=9 it
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/dynamic'
	assert_line "keepalive: warning: 'it.service': '-/etc/default/%p' overrides KEEPALIVE_SHIM_IDLE of the drop-in"
	refute_line --partial "KEEPALIVE_SHIM_INTERVAL of"
	service 'EnvironmentFile=/etc/default/it' 'EnvironmentFile=' 'ExecStart=/usr/bin/dynamic'
	run -0 enable --dry-run --idle=30 it
	assert_line --partial 'Environment="LD_PRELOAD='
	service 'UnsetEnvironment=A LD_PRELOAD' 'ExecStart=/usr/bin/dynamic'
	run -0 enable --dry-run it
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/dynamic'
}

@test "what the service preloads keeps its specifiers, and is gone when the unit empties Environment=" {
	service 'Environment=LD_PRELOAD=/usr/lib/%p.so' 'ExecStart=/usr/bin/dynamic'
	run -0 enable it
	read_back it.service
	assert_line --regexp 'Environment: LD_PRELOAD=.*libkeepalive-shim\.so:/usr/lib/it\.so$'
	service 'Environment=LD_PRELOAD=/usr/lib/%p.so' 'Environment=' 'Environment=LD_PRELOAD=/usr/lib/libasan.so.8' \
		'ExecStart=/usr/bin/dynamic'
	run -0 enable --dry-run it
	# shellcheck disable=SC2016 # the dynamic linker expands it
	assert_line 'Environment="LD_PRELOAD=/usr/lib/libasan.so.8:/usr/$LIB/keepalive-shim/libkeepalive-shim.so"'
}

@test "an alias, and an instance by an alias of its template: the unit that is meant, with its drop-ins" {
	static_service 'ExecStart=/no/such/program'
	mkdir -p "$ROOT/etc/systemd/system" "$UNITS/it.service.d"
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/static\n' >"$UNITS/it.service.d/program.conf"
	ln -s /usr/lib/systemd/system/it.service "$ROOT/etc/systemd/system/other.service"
	run -0 enable other
	assert_output --partial "$DROP_IN: "
	[ ! -e "$ROOT/etc/systemd/system/other.service.d" ]
	run -0 "$KEEPALIVE" disable --root="$ROOT" other
	[ ! -e "$DROP_IN" ]
	mv "$UNITS/it.service" "$UNITS/t@.service"
	mkdir "$UNITS/t@.service.d"
	mv "$UNITS/it.service.d/program.conf" "$UNITS/t@.service.d"
	ln -s t@.service "$UNITS/auto@.service"
	run -0 enable auto@a-b.service
	assert_output --partial "$ROOT/etc/systemd/system/t@a-b.service.d/zz-keepalive-shim.conf: "
	mkdir "$ROOT/opt"
	printf '[Service]\nExecStart=/usr/bin/static\n' >"$ROOT/opt/linked.service"
	ln -s /opt/linked.service "$ROOT/etc/systemd/system/linked.service"
	run -0 enable linked
	ln -s /dev/null "$ROOT/etc/systemd/system/masked.service"
	run -125 enable masked
	assert_output --partial "'masked.service' is masked"
}

@test "drop-ins for all services, by a name's beginning, and those that another takes the place of" {
	service 'ExecStart=/no/such/program'
	mv "$UNITS/it.service" "$UNITS/a-b-c.service"
	cp "$ROOT/usr/bin/dynamic" "$ROOT/usr/bin/other"
	mkdir -p "$ROOT/etc/systemd/system/a-b-c.service.d" "$UNITS/a-b-c.service.d" "$UNITS/a-.service.d" "$UNITS/service.d"
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/dynamic\n' >"$UNITS/a-.service.d/10-program.conf"
	printf '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/all.so\n' >"$UNITS/service.d/10-all.conf"
	printf '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/never.so\n' >"$UNITS/a-b-c.service.d/20-never.conf"
	ln -s /dev/null "$ROOT/etc/systemd/system/a-b-c.service.d/20-never.conf"
	run -0 enable a-b-c
	read_back a-b-c.service
	assert_line --regexp 'Environment: LD_PRELOAD=.*libkeepalive-shim\.so:/usr/lib/all\.so$'
}

# starts UNIT: the programs that enable and systemd find in a unit, which must be the same.
starts() {
	local ours

	mkdir -p "$ROOT/etc/systemd/system"
	run -0 enable --dry-run "$1"
	ours=$(sed -n 's/^ExecStart=.* -- //p' <<<"$output")
	read_back "$1"
	assert_line --partial "Command Line: ${ours:-/usr/bin/dynamic}"
	assert_equal "$(grep -c 'Command Line' <<<"$output")" 1
}

@test "drop-ins of an alias, of a template, and of the beginning of an instance's name, as systemd reads them" {
	static_service 'ExecStart=/no/such/program'
	local own=$ROOT/etc/systemd/system name folder
	mkdir -p "$own"
	ln -s /usr/lib/systemd/system/it.service "$own/other.service"
	printf '[Service]\nExecStart=/no/such/program\n' >"$UNITS/a-b-c@.service"
	ln -s a-b-c@.service "$UNITS/alias@.service"
	for name in it.service:other.service a-b-c@x-y.service:alias@x-y.service a-b-c@x-y.service:a-b-c@.service \
		a-b-c@x-y.service:a-b-@x-y.service a-b-c@x-y.service:a-b-@.service a-b-c@x-y.service:a-.service; do
		folder=$own/${name#*:}.d
		mkdir "$folder"
		printf '[Service]\nExecStart=\nExecStart=/usr/bin/static one\n' >"$folder/one.conf"
		starts "${name%:*}"
		rm -r "$folder"
	done
	# The folder matters more than how much of the name is given.
	mkdir "$own/a-.service.d" "$UNITS/a-b-c@x-y.service.d"
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/static two\n' >"$own/a-.service.d/one.conf"
	printf '[Service]\nExecStart=\nExecStart=/usr/bin/dynamic\n' >"$UNITS/a-b-c@x-y.service.d/one.conf"
	starts a-b-c@x-y.service
}

@test "lines as systemd reads them: CRLF, an escaped backslash at the end, Unicode escapes, a boolean in any case" {
	static_service 'ExecStart=/no/such/program'
	mv "$ROOT/usr/bin/static" "$ROOT/usr/bin/é😀"
	printf '[Service]\r\nExecStart=\\\r\n  /usr/bin/dynamic\r\n' >"$UNITS/it.service"
	starts it.service
	printf '%s\n' '[Service]' 'Environment=A=x\\' 'ExecStart=/usr/bin/dynamic' >"$UNITS/it.service"
	starts it.service
	printf '%s\n' ' [Service] ' ' ExecStart = /usr/bin/\u00e9\U0001f600 ' >"$UNITS/it.service"
	run -0 enable --dry-run it
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/\u00e9\U0001f600'
	service RootImage=/srv/it.img RootDirectory= 'ExecStart=/usr/bin/dynamic'
	run -125 enable it
	assert_output --partial "has a root directory of its own"
}

@test "EnvironmentFile= with a pattern: what it matches is read" {
	service 'EnvironmentFile=-/etc/default/%p*.env' 'ExecStart=/usr/bin/dynamic'
	mkdir -p "$ROOT/etc/default"
	run -0 enable --dry-run it
	assert_line --partial 'Environment="LD_PRELOAD='
	printf 'LD_PRELOAD=/usr/lib/libother.so\n' >"$ROOT/etc/default/it-2.env"
	run -0 enable --dry-run it
	assert_line 'ExecStart=/usr/bin/keepalive run -- /usr/bin/dynamic'
}

@test "SystemCallFilter= that refuses what supervision needs: refused, with the way that works" {
	local lines
	static_service 'ExecStart=/usr/bin/static'
	command -v systemd-analyze >/dev/null || skip_as systemd
	while read -r lines; do
		# shellcheck disable=SC2086 # lines
		service $lines ExecStart=/usr/bin/static
		run -125 enable it
		assert_output "keepalive: 'it.service': its SystemCallFilter= refuses seccomp(2), which supervision needs; 'keepalive enable --cgroup' does without"
		run -0 enable --dry-run --cgroup it
	done <<-'END'
		SystemCallFilter=@basic-io
		SystemCallFilter=~seccomp
		SystemCallFilter=~@known:EPERM
		SystemCallFilter=~@mount SystemCallFilter=~seccomp:EPERM
		SystemCallFilter=seccomp:EPERM
		SystemCallFilter=@basic-io SystemCallFilter=seccomp SystemCallFilter=~seccomp
	END
	while read -r lines; do
		# shellcheck disable=SC2086 # lines
		service $lines ExecStart=/usr/bin/static
		run -0 enable --dry-run it
	done <<-'END'
		SystemCallFilter=~@mount
		SystemCallFilter=@known
		SystemCallFilter=@basic-io SystemCallFilter=
		SystemCallFilter=@basic-io SystemCallFilter=seccomp
		SystemCallFilter=~@known SystemCallFilter=seccomp
	END
	service SystemCallFilter=seccomp ExecStart=/usr/bin/static
	run -125 enable --role=server it
	assert_output --partial "refuses pidfd_getfd(2)"
	service SystemCallFilter=@basic-io ExecStart=/usr/bin/dynamic # the library does only what a filter allows
	run -0 enable --dry-run it
}

# in_place COMMAND...: without --root, with the units in a private /etc/systemd/system.
in_place() {
	require_root
	require unshare
	[ -d /etc/systemd/system ] || skip_as units
	# shellcheck disable=SC2016 # the shell's inside
	run unshare --mount sh -c 'mount --bind "$0" /etc/systemd/system && exec "$@"' "$UNITS" "$@"
}

@test "a library or command that the service cannot read: refused, with what hides it" {
	local place by
	mkdir "$BATS_TEST_TMPDIR/shut"
	while read -r place by; do
		service "$by" ExecStart=/bin/true
		in_place sh -c 'mkdir -p "$1" && mount -t tmpfs -o mode="$2" tmpfs "$1" && cp "$3" "$4" "$1" &&
			exec "$1/keepalive" enable --dry-run it' sh "$place" 755 "$KEEPALIVE" "$SHIM"
		assert_failure 125
		assert_output "keepalive: 'it.service' cannot read '$place/libkeepalive-shim.so' (${by%%=*}=); install keepalive-shim below /usr"
	done <<-'END'
		/home ProtectHome=yes
		/root ProtectHome=tmpfs
		/tmp PrivateTmp=True
		/var/tmp DynamicUser=1
	END
	service User=nobody ExecStart=/bin/true
	in_place sh -c 'mount -t tmpfs -o mode=700 tmpfs /root && cp "$1" "$2" /root && exec /root/keepalive enable --dry-run it' \
		sh "$KEEPALIVE" "$SHIM"
	assert_failure 125
	assert_output --partial "(User=)"
	service ProtectHome=read-only PrivateTmp=no User=0 ExecStart=/bin/true
	in_place sh -c 'mount -t tmpfs -o mode=700 tmpfs /root && cp "$1" "$2" /root && exec /root/keepalive enable --dry-run it' \
		sh "$KEEPALIVE" "$SHIM"
	assert_success
}

@test "a transient unit: refused, because its drop-in would be gone with it" {
	mkdir -p "$ROOT/run/systemd/transient"
	printf '[Service]\nExecStart=/usr/bin/dynamic\n' >"$ROOT/run/systemd/transient/run-u1.service"
	run -125 enable run-u1
	assert_output --partial "'run-u1.service' is transient"
}

@test "a drop-in of that name that somebody else wrote is neither replaced nor removed" {
	service 'ExecStart=/usr/bin/dynamic'
	mkdir -p "${DROP_IN%/*}"
	cp "$REPOSITORY/scripts/deploy/systemd/keepalive-shim.conf" "$DROP_IN"
	run -125 enable it
	assert_output --partial "was not written by 'keepalive enable': remove it first"
	run -125 "$KEEPALIVE" disable --root="$ROOT" it
	assert_output --partial "was not written by 'keepalive enable': remove it first"
	cmp "$REPOSITORY/scripts/deploy/systemd/keepalive-shim.conf" "$DROP_IN"
}

@test "a root directory of its own is refused; a main process that systemd would have to guess: a warning" {
	static_service RootDirectory=/srv/it 'ExecStart=/usr/bin/static'
	run -125 enable it
	assert_output --partial "has a root directory of its own"
	service RootDirectory=/srv/it RootDirectory= Type=forking 'ExecStart=/usr/bin/static'
	run -0 enable it
	assert_output --partial "systemd cannot guess its main process beside the supervisor"
	service Type=forking PIDFile=/run/it 'ExecStart=/usr/bin/static'
	run -0 enable it
	refute_output --partial "guess"
}

@test "--now where it restarts nothing (in an image, without systemd, with --dry-run) was ignored" {
	local subcommand

	service 'ExecStart=/usr/bin/dynamic'
	for subcommand in enable disable; do
		run -125 "$KEEPALIVE" $subcommand --now --root="$ROOT" it
		assert_output "keepalive: --now: no service runs in the image of --root; give only one of them"
		[ ! -e /run/systemd/system ] || continue
		run -125 "$KEEPALIVE" $subcommand --now it
		assert_output "keepalive: --now: systemd does not run here, so there is no service to restart"
	done
	run -125 "$KEEPALIVE" enable --now --dry-run it
	assert_output "keepalive: --now: --dry-run restarts nothing; give only one of them"
	[ ! -e "$DROP_IN" ]
}

@test "disable removes what enable wrote, and nothing else" {
	service 'ExecStart=/usr/bin/dynamic'
	run -0 enable it
	mkdir -p "${DROP_IN%/*}" && : >"${DROP_IN%/*}/own.conf"
	run -0 "$KEEPALIVE" disable --root="$ROOT" it
	[ ! -e "$DROP_IN" ] && [ -e "${DROP_IN%/*}/own.conf" ]
	run -125 "$KEEPALIVE" disable --root="$ROOT" it
	assert_output "keepalive: 'it.service' was not enabled: there is no '$DROP_IN'"
	rm "${DROP_IN%/*}/own.conf"
	run -0 enable it
	run -0 "$KEEPALIVE" disable --root="$ROOT//" it
	assert_output "$DROP_IN: removed"
	[ ! -e "${DROP_IN%/*}" ]
}

@test "what cannot be enabled is refused, with the reason, and nothing is written" {
	service 'ExecStart=/usr/bin/dynamic'
	run -125 enable no-such-unit
	assert_output --partial "there is no unit 'no-such-unit.service'"
	run -125 enable ../it
	assert_output "keepalive: '../it' is not the name of a unit; did you mean 'it'?"
	run -125 enable it.socket
	assert_output "keepalive: 'it.socket' is not a service; name the one that it starts"
	mkdir -p "$ROOT/usr/lib/systemd/user"
	touch "$ROOT/usr/lib/systemd/user/theirs.service"
	run -125 enable theirs
	assert_output --partial "'theirs.service' is a unit of users (systemctl --user)"
	run -125 enable --idle=0 it
	assert_output --partial "--idle '0'"
	run -125 enable
	assert_output "keepalive: enable: expected one UNIT (see --help)"
	service 'ExecStart=/usr/bin/missing'
	run -125 enable it
	assert_output --partial "/usr/bin/missing': No such file or directory"
	service Type=oneshot
	run -125 enable it
	assert_output --partial "it has no ExecStart="
	[ ! -e "$ROOT/etc" ]
}

@test "file capabilities: not for a service of another user, whose dynamic linker ignores preloads" {
	require setcap
	require_root
	service 'ExecStart=/usr/bin/dynamic' User=nobody
	setcap cap_net_bind_service+ep "$ROOT/usr/bin/dynamic" || skip_as capabilities
	run -125 enable it
	assert_output --partial "ignores preloads as user nobody; 'keepalive enable --cgroup' reaches it"
	service 'ExecStart=/usr/bin/dynamic' DynamicUser=yes
	run -125 enable it
	assert_output --partial "ignores preloads as user of DynamicUser="
	service 'ExecStart=/usr/bin/dynamic'
	run -0 enable it
}
