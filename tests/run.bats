#!/usr/bin/env bats
# keepalive run: apart from its TCP sockets, the program runs as it would without it.

load helpers
load outside

# A program that prints the keepalive options of a new TCP socket.
PROBE='import socket
s = socket.socket()
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), s.getsockopt(6, 4), s.getsockopt(6, 5), s.getsockopt(6, 6))'

setup() {
	PATH=$BATS_TEST_TMPDIR:$PATH
	python=$(readlink -f /usr/bin/python3)
	[ -x "$python" ] || skip "/usr/bin/python3 is not installed"
}

# script NAME LINE...: an executable file in PATH.
script() {
	local file=$BATS_TEST_TMPDIR/$1

	shift
	printf '%s\n' "$@" >"$file"
	chmod +x "$file"
}

@test "an option with an empty value counts as not given, as a variable does" {
	local supervise

	for supervise in always never; do
		KEEPALIVE_SHIM_IDLE=30 run -0 --separate-stderr "$KEEPALIVE" run --supervise=$supervise --idle= --count= --mode= --rule= \
			"$PROGRAMS/values"
		assert_line --regexp '^socket keepalive=1 idle=30 interval=10 count=6'
	done
	KEEPALIVE_SHIM_IDLE=30 run -0 "$KEEPALIVE" check --idle= true
	assert_output --partial "idle=30s"
}

@test "a program gets keepalive" {
	run "$KEEPALIVE" run "$python" -c "$PROBE"
	assert_success
	assert_output "1 60 10 6"
}

@test "no command or an unknown one: a message names what was meant; --help lists them, --version prints it" {
	run -125 --separate-stderr "$KEEPALIVE"
	assert_equal "$output" ""
	[[ $stderr == "Usage: keepalive COMMAND"* ]]
	run -125 "$KEEPALIVE" stauts
	assert_output "keepalive: unknown command 'stauts'; did you mean 'status'?"
	run -125 "$KEEPALIVE" sleep 1
	assert_output "keepalive: unknown command 'sleep'; to start that program: keepalive run sleep ..."
	run -125 "$KEEPALIVE" no-such-thing
	assert_output "keepalive: unknown command 'no-such-thing' (keepalive --help lists the commands)"
	run -125 "$KEEPALIVE" --idle=5 true
	assert_output --partial "a command's options come after its name"
	run -0 --separate-stderr "$KEEPALIVE" --help
	for command in run check status attach; do
		assert_line --regexp "^  $command \\["
	done
	for word in --version -V version; do
		run -0 --separate-stderr "$KEEPALIVE" "$word"
		assert_output --regexp '^keepalive [0-9]+\.[0-9]+'
	done
	for word in -h help "help help"; do
		# shellcheck disable=SC2086 # two words
		run -0 --separate-stderr "$KEEPALIVE" $word
		assert_line --index 0 "Usage: keepalive COMMAND ..."
	done
	for command in run check status attach enable disable cgroup copy; do
		for words in "help $command" "$command -h" "$command --help"; do
			# shellcheck disable=SC2086
			run -0 --separate-stderr "$KEEPALIVE" $words
			assert_line --index 0 --partial "Usage: keepalive $command"
		done
		run -0 --separate-stderr "$KEEPALIVE" "$command" -V
	done
}

@test "every --help fits a terminal of 80 columns" {
	local command

	for command in "" run check status attach enable disable cgroup copy; do
		# shellcheck disable=SC2086 # none, or one word
		run -0 "$KEEPALIVE" $command --help
		[ "$(wc -L <<<"$output")" -le 80 ] || fail "$command: $(awk 'length > 80' <<<"$output")"
	done
}

@test "a misspelt option: which subcommand complains, and what was meant" {
	run -125 "$KEEPALIVE" cgroup atach
	assert_output "keepalive: cgroup: unknown 'atach'; did you mean 'attach'?"
	run -125 "$KEEPALIVE" cgroup nothing-such
	assert_output "keepalive: cgroup: unknown 'nothing-such' (see keepalive cgroup --help)"
	for command in run check status attach enable disable cgroup copy; do
		run -125 "$KEEPALIVE" "$command" --hlep
		assert_output "keepalive: $command: unknown option '--hlep'; did you mean '--help'?"
	done
	run -125 "$KEEPALIVE" status --wdie
	assert_output "keepalive: status: unknown option '--wdie'; did you mean '--wide'?"
	run -125 "$KEEPALIVE" run --ilde=5 true
	assert_output "keepalive: run: unknown option '--ilde=5'; did you mean '--idle'?"
	run -125 "$KEEPALIVE" check -x true
	assert_output "keepalive: check: unknown option '-x' (keepalive check --help lists the options)"
	run -125 "$KEEPALIVE" run --idle
	assert_output "keepalive: run: option '--idle' needs a value (see keepalive run --help)"
	run -125 "$KEEPALIVE" status --json=3
	assert_output "keepalive: status: option '--json=3' takes no value"
	run -125 "$KEEPALIVE" run --r=3 true
	assert_output "keepalive: run: option '--r' is ambiguous (keepalive run --help lists the options)"
}

@test "help, version or answers that cannot be written are a failure" {
	for arguments in --help --version "run --help" "check ls" "attach --version" "status --json"; do
		# shellcheck disable=SC2086 # words
		run sh -c 'exec "$0" "$@" >/dev/full' "$KEEPALIVE" $arguments
		assert_equal "$status" 125
		assert_line "keepalive: standard output: not everything was written"
	done
	run -127 sh -c 'exec "$0" run no-such-program >&-' "$KEEPALIVE"
}

@test "options mirror the variables, and win over them" {
	KEEPALIVE_SHIM_IDLE=99 KEEPALIVE_SHIM_COUNT=3 run "$KEEPALIVE" run --idle=20s --interval 5 "$python" -c "$PROBE"
	assert_output "1 20 5 3"
	run "$KEEPALIVE" run --rule='program=python* idle=17' --rule='idle=18' "$python" -c "$PROBE"
	assert_output "1 17 10 6"
}

@test "a bad value is reported and the program is not started" {
	run --separate-stderr "$KEEPALIVE" run --idle=5x echo started
	assert_equal "$status" 125
	assert_output ""
	[[ $stderr == "keepalive: --idle '5x': "*"accepted: "* ]]
	KEEPALIVE_SHIM_COUNT=0 run --separate-stderr "$KEEPALIVE" run echo started
	assert_equal "$status" 125
	assert_output ""
	[[ $stderr == *"KEEPALIVE_SHIM_COUNT '0'"* ]]
	run -125 "$KEEPALIVE" run --rule='idle=5 nonsense' echo started
	assert_output --partial "keepalive: --rule rule 1 'nonsense'"
	KEEPALIVE_SHIM_RULES=nonsense run -125 "$KEEPALIVE" run --rule='idle=5' echo started
	assert_output --partial "keepalive: --rule with KEEPALIVE_SHIM_RULES rule 2 'nonsense'"
}

# settings: the options for settings, except --rule, whose value is not a single word.
settings() {
	"$KEEPALIVE" attach --help | sed -n 's/^  --\([a-z-]*\)=[A-Z].*/\1/p' | grep -v '^rule$'
}

@test "what a message calls accepted is accepted: every word, both ends of a range and nothing beyond" {
	local option accepted word least most unit

	for option in $(settings); do
		run -125 "$KEEPALIVE" run --"$option"='?' true
		accepted=${output#*accepted: }
		for word in $(grep -oE '\b(kernel|off|auto|both|client|server|respect|force|stderr)\b' <<<"$accepted"); do
			run -0 "$KEEPALIVE" run --"$option"="$word" true
		done
		[[ $accepted =~ ([0-9]+)([a-z]*)\ to\ ([0-9]+) ]] || continue
		least=${BASH_REMATCH[1]} unit=${BASH_REMATCH[2]} most=${BASH_REMATCH[3]}
		run -0 "$KEEPALIVE" run --"$option"="$least$unit" true
		run -0 "$KEEPALIVE" run --"$option"="$most$unit" true
		run -125 "$KEEPALIVE" run --"$option"="$((least - 1))$unit" true
		assert_output --partial 'out of range'
		run -125 "$KEEPALIVE" run --"$option"="$((most + 1))$unit" true
		assert_output --partial 'out of range'
	done
	[ "$(settings | wc -l)" -ge 8 ]
}

@test "a warning does not keep the program from starting" {
	run --separate-stderr "$KEEPALIVE" run --idle=600 echo started
	assert_success
	assert_output started
	[[ $stderr == "keepalive: warning: --idle '600'"* ]]
}

@test "64 rules given as options are 64, not twice as many" {
	rules=()
	for port in {1..64}; do rules+=("--rule=port=$port off"); done
	run -0 "$KEEPALIVE" run --supervise=always "${rules[@]}" "$PROGRAMS/armed"
	refute_output --partial "too many rules"
}

# Some scripts start many programs: version managers, configure, make.
@test "a warning is printed once, by run: no program below it prints it again" {
	local how setting rule

	for how in auto always never; do
		run --separate-stderr "$KEEPALIVE" run --supervise=$how --best-effort --idle=600 \
			sh -c 'true; sh -c "env true; exec env true"; exec env KEEPALIVE_SHIM_IDLE=600 true'
		assert_success
		[[ $stderr == "keepalive: warning: --idle '600'"* ]]
		assert_equal "${#stderr_lines[@]}" 1
	done
	rule='program=true idle=5; program=sh user-timeout=1s'
	for setting in KEEPALIVE_SHIM_IDLE=9 KEEPALIVE_SHIM_USER_TIMEOUT=1s KEEPALIVE_SHIM_RULES="$rule"; do
		run --separate-stderr env "$setting" "$KEEPALIVE" run sh -c 'env true; sh -c true; exec true'
		assert_success
		assert_equal "$(sort <<<"$stderr" | uniq -d)" ""
		assert_equal "$(grep -vc '^keepalive: warning: KEEPALIVE_SHIM_' <<<"$stderr")" 0
		[ "${#stderr_lines[@]}" -le 2 ]
	done
	[ "${#stderr_lines[@]}" = 2 ] # one for each of the two rules
}

@test "a program below run warns of other settings itself, and of bad values in any case" {
	run --separate-stderr "$KEEPALIVE" run --idle=9 sh -c 'KEEPALIVE_SHIM_IDLE=8 env true'
	assert_success
	assert_equal "$(cut -d: -f 1-3 <<<"$stderr")" "keepalive: warning: KEEPALIVE_SHIM_INTERVAL '10s'
keepalive-shim: warning: KEEPALIVE_SHIM_INTERVAL '10s'
keepalive-shim: warning: KEEPALIVE_SHIM_INTERVAL '10s'"
	run --separate-stderr "$KEEPALIVE" run --idle=9 sh -c 'KEEPALIVE_SHIM_COUNT=x exec true'
	assert_success
	assert_equal "$(grep -c "^keepalive-shim: KEEPALIVE_SHIM_COUNT 'x'" <<<"$stderr")" 1
	run --separate-stderr env KEEPALIVE_SHIM_SAID=1 LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=9 true
	[[ $stderr == "keepalive-shim: warning: KEEPALIVE_SHIM_INTERVAL"* ]]
}

@test "run adds a variable only for warnings that it has printed" {
	run --separate-stderr "$KEEPALIVE" run --idle=20 env
	refute_output --partial KEEPALIVE_SHIM_SAID
	run --separate-stderr "$KEEPALIVE" run --idle=9 env
	assert_line --regexp '^KEEPALIVE_SHIM_SAID=[0-9]+$'
}

@test "exit statuses are the program's, or those of env(1)" {
	run -0 "$KEEPALIVE" run true
	run -42 "$KEEPALIVE" run sh -c 'exit 42'
	run -127 "$KEEPALIVE" run /nowhere/program
	run -127 "$KEEPALIVE" run no-such-program
	run -127 "$KEEPALIVE" run ''
	run -126 "$KEEPALIVE" run /etc
	run -126 "$KEEPALIVE" run /etc/passwd
	run -125 "$KEEPALIVE" run
	run -125 "$KEEPALIVE" run --no-such-option true
	run -125 "$KEEPALIVE" run --supervise=perhaps true
}

@test "a signal ends the program as it does without the shim" {
	run -143 "$KEEPALIVE" run sh -c 'kill -TERM $$'
	run -137 "$KEEPALIVE" run sh -c 'kill -KILL $$'
}

@test "the program is the same process, without another beside it" {
	background "$KEEPALIVE" run sleep 60
	await 5 grep -qx sleep "/proc/$!/comm"
	run cat "/proc/$!/task/$!/children"
	assert_output ""
	kill -TERM $!
	status=0
	wait $! || status=$?
	assert_equal "$status" 143
}

@test "ignored and blocked signals stay as they were" {
	for how in "" "trap '' INT PIPE;"; do
		plain=$(sh -c "$how exec grep ^Sig[PBIC] /proc/self/status")
		ours=$(sh -c "$how exec '$KEEPALIVE' run grep ^Sig[PBIC] /proc/self/status")
		assert_equal "$ours" "$plain"
	done
}

@test "the program's own options are its own" {
	run "$KEEPALIVE" run echo --idle=5 --help -- x
	assert_output -- "--idle=5 --help -- x"
	run "$KEEPALIVE" run -- printf '%s,' --version -x
	assert_output -- "--version,-x,"
}

@test "the program gets its name as it was typed" {
	script says-its-name '#!/bin/sh' 'echo "$0 $*"'
	run "$KEEPALIVE" run says-its-name a b
	assert_output "$BATS_TEST_TMPDIR/says-its-name a b"
	run "$KEEPALIVE" run sh -c 'echo "$0"'
	assert_output sh
}

@test "--argv0: the program gets that name, whichever way it has keepalive" {
	for supervise in auto always; do
		run -0 "$KEEPALIVE" run --argv0=other --supervise=$supervise sh -c 'tr "\\0" "\\n" </proc/$$/cmdline | head -n 1'
		assert_output other
	done
	run -0 "$KEEPALIVE" run --argv0=-sh sh -c 'echo "$0"'
	assert_output -- -sh
}

@test "PATH is searched as execvp(3) does" {
	mkdir "$BATS_TEST_TMPDIR"/{1,2,3}
	printf 'not mine\n' >"$BATS_TEST_TMPDIR/1/tool"
	printf '#!/bin/sh\necho second\n' >"$BATS_TEST_TMPDIR/2/tool"
	chmod +x "$BATS_TEST_TMPDIR/2/tool"
	mkdir "$BATS_TEST_TMPDIR/3/only-directory"
	export PATH=$BATS_TEST_TMPDIR/1:$BATS_TEST_TMPDIR/2:$BATS_TEST_TMPDIR/3:$PATH
	run -0 "$KEEPALIVE" run tool
	assert_output second
	run -126 "$KEEPALIVE" run only-directory
	cd "$BATS_TEST_TMPDIR/2"
	PATH=: run -0 "$KEEPALIVE" run tool
	assert_output second
	run -127 env -u PATH "$KEEPALIVE" run tool
}

@test "scripts run, whatever their first line" {
	script direct "#!$python" "$PROBE"
	script by-env '#!/usr/bin/env python3' "$PROBE"
	script env-split "#!/usr/bin/env -S $python -u" "$PROBE"
	script nested "#!$BATS_TEST_TMPDIR/direct"
	script bare 'echo "from sh: $*"'
	for name in direct by-env env-split nested; do
		PATH=/usr/bin:$PATH run -0 "$KEEPALIVE" run "$name"
		assert_output "1 60 10 6"
	done
	run -0 "$KEEPALIVE" run bare with 'two words'
	assert_output "from sh: with two words"
	script lost '#!/no/such/interpreter'
	run -127 "$KEEPALIVE" run lost
	assert_output --regexp "^keepalive: '.*' is run by '/no/such/interpreter': No such file or directory$"
}

@test "a script starts with any options of env(1) in its first line, and if that line is cut off" {
	for options in "-S -u X $python" "-S -C / $python" "-S$python" "-S '$python' -u" "-S X=y $python"; do
		script odd "#!/usr/bin/env $options" "$PROBE"
		run -0 "$KEEPALIVE" run "$BATS_TEST_TMPDIR/odd"
		assert_output "1 60 10 6"
	done
	script long "#!/$(printf %0300d 0)/sh" 'echo "from sh"'
	run -0 "$KEEPALIVE" run long
	assert_output "from sh"
	script empty '#!' 'echo "from sh"'
	run -0 "$KEEPALIVE" run empty
	assert_output "from sh"
	script unsplit "#!/usr/bin/env $python -u" "$PROBE"
	run -127 "$KEEPALIVE" run unsplit
	assert_output --partial "env: "
}

@test "rules know a script by its own name and by its interpreter's" {
	script backup "#!$python" "$PROBE"
	run "$KEEPALIVE" run --rule='program=backup idle=11' backup
	assert_output "1 11 10 6"
	run "$KEEPALIVE" run --rule='program=python* idle=12' backup
	assert_output "1 12 10 6"
	run "$KEEPALIVE" run --rule='program=backup off' backup
	assert_output "0 7200 75 9"
}

@test "what LD_PRELOAD holds is kept, behind the shim, and the shim is there once" {
	printenv=$(command -v printenv)
	run "$KEEPALIVE" run "$printenv" LD_PRELOAD
	assert_output "$SHIM"
	LD_PRELOAD="libm.so.6 libdl.so.2" run "$KEEPALIVE" run "$printenv" LD_PRELOAD
	assert_output "$SHIM:libm.so.6:libdl.so.2"
	LD_PRELOAD="libm.so.6:$SHIM:libdl.so.2" run "$KEEPALIVE" run "$printenv" LD_PRELOAD
	assert_output "$SHIM:libm.so.6:libdl.so.2"
	run "$KEEPALIVE" run "$KEEPALIVE" run "$printenv" LD_PRELOAD
	assert_output "$SHIM"
}

@test "the library is found beside the command and where it is installed" {
	for place in lib lib/keepalive-shim lib64/keepalive-shim "lib/$(gcc -print-multiarch)/keepalive-shim"; do
		root=$BATS_TEST_TMPDIR/${place//\//-}
		mkdir -p "$root/bin" "$root/$place"
		cp "$KEEPALIVE" "$root/bin"
		cp "$SHIM" "$root/$place"
		run -0 "$root/bin/keepalive" run printenv LD_PRELOAD
		assert_output "$root/$place/libkeepalive-shim.so"
	done
	mkdir -p "$BATS_TEST_TMPDIR/none/bin"
	cp "$KEEPALIVE" "$BATS_TEST_TMPDIR/none/bin"
	run -125 "$BATS_TEST_TMPDIR/none/bin/keepalive" run echo started
	assert_output --partial "--library"
	run -0 --separate-stderr "$BATS_TEST_TMPDIR/none/bin/keepalive" run --best-effort echo started
	assert_output started
	run -0 "$BATS_TEST_TMPDIR/none/bin/keepalive" run --library="$SHIM" "$python" -c "$PROBE"
	assert_output "1 60 10 6"
}

@test "LD_PRELOAD: what is named by \$LIB stays, for 32-bit children; a sanitizer's runtime stays in front" {
	local printenv
	printenv=$(command -v printenv)
	# shellcheck disable=SC2016 # the dynamic linker expands it
	LD_PRELOAD='/usr/$LIB/keepalive-shim/libkeepalive-shim.so:/usr/lib/libkeepalive-shim.so' \
		run --separate-stderr "$KEEPALIVE" run "$printenv" LD_PRELOAD
	# shellcheck disable=SC2016
	assert_output "$SHIM:"'/usr/$LIB/keepalive-shim/libkeepalive-shim.so'
	LD_PRELOAD=libm.so.6:libtsan.so.99 run --separate-stderr "$KEEPALIVE" run "$printenv" LD_PRELOAD
	assert_output "libtsan.so.99:$SHIM:libm.so.6"
}

@test "a program with a sanitizer starts, and has keepalive" {
	local which found=0
	for which in address thread undefined leak; do
		"${CC:-cc}" -fsanitize="$which" -pthread -o "$BATS_TEST_TMPDIR/$which" "$TESTS/programs/armed.c" 2>/dev/null ||
			continue
		ASAN_OPTIONS=detect_leaks=0 run -0 "$BATS_TEST_TMPDIR/$which" || continue
		ASAN_OPTIONS=detect_leaks=0 run -0 "$KEEPALIVE" run "$BATS_TEST_TMPDIR/$which"
		assert_output --partial "keepalive=1"
		found=1
	done
	[ "$found" = 1 ] || skip_as sanitizers
}

@test "a library of another architecture is not left in LD_PRELOAD for musl, which would not start" {
	require musl-gcc
	local foreign=$BATS_TEST_TMPDIR/libforeign.so machine='\xb7\x00'
	[ "$(uname -m)" != aarch64 ] || machine='\x3e\x00'
	echo 'int main(void) { return 0; }' | musl-gcc -x c -o "$BATS_TEST_TMPDIR/program" -
	cp "$SHIM" "$foreign"
	# shellcheck disable=SC2059
	printf "$machine" | dd of="$foreign" bs=1 seek=18 conv=notrunc status=none
	echo 'int main(void) { char *getenv(const char *), *p = getenv("LD_PRELOAD"); int puts(const char *); return !puts(p ? p : "none"); }' |
		musl-gcc -x c -w -o "$BATS_TEST_TMPDIR/program" -
	run --separate-stderr env LD_PRELOAD="$foreign" "$KEEPALIVE" run --supervise=always "$BATS_TEST_TMPDIR/program"
	assert_output none
}

@test "a library of another architecture is in no LD_PRELOAD: a static program may start others that cannot load it" {
	local foreign=$BATS_TEST_TMPDIR/libforeign.so machine='\xb7\x00' option
	[ "$(uname -m)" != aarch64 ] || machine='\x3e\x00'
	cp "$SHIM" "$foreign"
	# shellcheck disable=SC2059
	printf "$machine" | dd of="$foreign" bs=1 seek=18 conv=notrunc status=none
	echo 'int main(void) { char *getenv(const char *), *p = getenv("LD_PRELOAD"); int puts(const char *); return !puts(p ? p : "none"); }' |
		"${CC:-cc}" -static -w -x c -o "$BATS_TEST_TMPDIR/program" - 2>/dev/null || skip_as static
	for option in --supervise=auto --supervise=never; do
		run -0 --separate-stderr "$KEEPALIVE" run --library="$foreign" --best-effort "$option" "$BATS_TEST_TMPDIR/program"
		assert_output none
	done
}

@test "musl's dynamic linker with a program behind it: a library of another architecture is not left there either" {
	require musl-gcc
	local foreign=$BATS_TEST_TMPDIR/libforeign.so linker
	linker=$(echo 'int main(void) { return 0; }' | musl-gcc -x c -o "$BATS_TEST_TMPDIR/program" - &&
		readelf -lW "$BATS_TEST_TMPDIR/program" | sed -n 's/.*interpreter: \(.*\)].*/\1/p')
	cp "$SHIM" "$foreign"
	printf '\x15\x00' | dd of="$foreign" bs=1 seek=18 conv=notrunc status=none
	run -0 "$KEEPALIVE" check "$linker" "$BATS_TEST_TMPDIR/program"
	assert_output --partial "yes, by preload"
	run -0 --separate-stderr env LD_PRELOAD="$foreign" "$KEEPALIVE" run "$linker" "$BATS_TEST_TMPDIR/program"
}

@test "a library that is not the shim's is refused, also one that has all its functions" {
	local library
	for library in $(ldd "$KEEPALIVE" | sed -n 's/.* => \([^ ]*\).*/\1/p') /lib/*/libz.so.1 /lib/*-musl/libc.so; do
		[ -f "$library" ] || continue
		run -125 "$KEEPALIVE" check --library="$library" true
		assert_output "keepalive: --library '$library': not the shim's library"
	done
	cp "$SHIM" "$BATS_TEST_TMPDIR/of-another-name.so"
	run -0 "$KEEPALIVE" check --library="$BATS_TEST_TMPDIR/of-another-name.so" true
}

@test "a library path that LD_PRELOAD cannot hold is refused" {
	for name in 'with space' 'with:colon' 'with$ORIGIN'; do
		mkdir "$BATS_TEST_TMPDIR/$name"
		cp "$SHIM" "$BATS_TEST_TMPDIR/$name"
		run -125 "$KEEPALIVE" run --library="$BATS_TEST_TMPDIR/$name/libkeepalive-shim.so" echo started
		assert_output --partial LD_PRELOAD
		refute_output --partial started
	done
	ln -s "$BATS_TEST_TMPDIR/with space/libkeepalive-shim.so" "$BATS_TEST_TMPDIR/link.so"
	cd "$BATS_TEST_TMPDIR"
	run -0 "$KEEPALIVE" run --library=link.so "$python" -c "$PROBE"
	assert_output "1 60 10 6"
}

@test "a directory that LD_PRELOAD cannot hold keeps no program from starting that needs no preload" {
	mkdir "$BATS_TEST_TMPDIR/with space"
	cp "$KEEPALIVE" "$SHIM" "$BATS_TEST_TMPDIR/with space"
	there="$BATS_TEST_TMPDIR/with space/keepalive"
	run -125 "$there" run echo started
	assert_output --partial "with space/libkeepalive-shim.so"
	run -1 "$there" check ls
	assert_output --partial "make a link to the library"
	KEEPALIVE_SHIM=off run -0 --separate-stderr "$there" run echo started
	assert_equal "$output$stderr" started
	run -0 --separate-stderr "$there" run --best-effort echo started
	assert_output started
	require_supervision
	run -0 --separate-stderr "$there" run --supervise=always echo started
	assert_equal "$output$stderr" started
}

@test "without /proc the library is found by what the command was executed as" {
	require_root
	unshare --mount umount -l /proc || skip_as namespaces
	run -0 unshare --mount sh -c "umount -l /proc; '$KEEPALIVE' run '$python' -c '$PROBE'"
	assert_output "1 60 10 6"
	run -0 unshare --mount sh -c "umount -l /proc; PATH='$BUILD'; keepalive run '$python' -c '$PROBE'"
	assert_output "1 60 10 6"
}

@test "a file that is not a library is refused" {
	run -125 "$KEEPALIVE" run --library=/nowhere.so true
	run -125 "$KEEPALIVE" run --library=/etc/passwd true
	run -125 "$KEEPALIVE" run --library=/etc true
}

@test "KEEPALIVE_SHIM=off: the program runs untouched" {
	run env KEEPALIVE_SHIM=off "$KEEPALIVE" run printenv LD_PRELOAD
	assert_failure 1
	run env KEEPALIVE_SHIM=off "$KEEPALIVE" run --library=/nowhere printenv LD_PRELOAD
	assert_failure 1
	run env KEEPALIVE_SHIM=off "$KEEPALIVE" run "$python" -c "$PROBE"
	assert_output "0 7200 75 9"
}

@test "standard streams, working directory and environment are the program's" {
	cd "$BATS_TEST_TMPDIR"
	run "$KEEPALIVE" run sh -c 'cat; pwd' <<<input
	assert_output "input
$BATS_TEST_TMPDIR"
	X=y run "$KEEPALIVE" run --idle=77 sh -c 'echo "$X $KEEPALIVE_SHIM_IDLE ${KEEPALIVE_SHIM_COUNT-unset}"'
	assert_output "y 77 unset"
	run sh -c "'$KEEPALIVE' run ls -l /proc/self/fd 0<&- | wc -l"
	plain=$output
	run sh -c "ls -l /proc/self/fd 0<&- | wc -l"
	assert_equal "$output" "$plain"
}

@test "a setuid program: reported that it ignores preloads, and started only with --best-effort" {
	make_public
	install -m 755 "$SHIM" "$PUBLIC"
	install -m 4755 "$(command -v id)" "$PUBLIC/id-setuid"
	[ "$("${NOBODY[@]}" "$PUBLIC/id-setuid" -u)" = 0 ] || skip_as setuid
	run -125 as_nobody run "$PUBLIC/id-setuid" -u
	assert_output --partial setuid
	run -125 as_nobody run --supervise=always "$PUBLIC/id-setuid" -u
	run -0 --separate-stderr as_nobody run --supervise=never "$PUBLIC/id-setuid" -u
	assert_output 0
	[[ $stderr == *"ignores preloads"* ]]
	run -0 --separate-stderr as_nobody run --best-effort "$PUBLIC/id-setuid" -u
	assert_output 0
}

@test "help goes to standard output, complaints to standard error" {
	run -0 --separate-stderr "$KEEPALIVE" run --help
	assert_line --partial "--supervise"
	assert_equal "$stderr" ""
	run -125 --separate-stderr "$KEEPALIVE" run --nonsense
	assert_output ""
	[[ $stderr == "keepalive: run: "* ]]
}
