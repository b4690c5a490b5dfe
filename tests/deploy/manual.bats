# The manual and the completions agree with the command and the library.
# shellcheck shell=bash
load ../helpers

bats_require_minimum_version 1.5.0

# options_of SUBCOMMAND: the long options that its help lists.
options_of() {
	"$KEEPALIVE" "$1" --help | grep -o '^ *--[a-z0-9-]*\|, --[a-z0-9-]*' | grep -o -e '--[a-z0-9-]*' | sort -u
}

# words_of_rules: the words that the message about an unknown word lists as accepted.
words_of_rules() {
	local words

	words=$(LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_RULES=nothing true 2>&1 | grep -o 'accepted: .*mode=')
	echo "${words#accepted: }" | tr -d ,
}

# complete_with SHELL LINE: the completions that the shell offers for the line.
complete_with() {
	local words=("$1" "$2")

	case $1 in
	bash)
		bash -c 'source "$0/completion/keepalive.bash"
			read -ra COMP_WORDS <<<"${1//=/ = }"
			[[ $1 != *[\ =] ]] || COMP_WORDS+=("")
			[[ $1 != *= ]] || unset "COMP_WORDS[-1]"
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_keepalive
			printf "%s\n" "${COMPREPLY[@]}"' "$BUILD" "$2"
		;;
	fish)
		HOME=$BATS_TEST_TMPDIR fish --no-config -c \
			'source $argv[1]; complete -C $argv[2]' "$BUILD/completion/keepalive.fish" "$2" |
			cut -f 1
		;;
	zsh)
		mkdir -p "$BATS_TEST_TMPDIR/zsh"
		cp "$BUILD/completion/keepalive.zsh" "$BATS_TEST_TMPDIR/zsh/_keepalive"
		timeout 30 zsh -f "$TESTS/deploy/completion.zsh" "$BATS_TEST_TMPDIR/zsh" "$2" |
			sed -n 's/.*<\(.*\)>.*/\1/p' | grep -oE '[^ =]+=?([^ ]*)$|[^ ]+ $' | sed 's/ $//'
		;;
	esac
}

# assert_completes SHELL LINE WORD: WORD is offered.
assert_completes() {
	run complete_with "$1" "$2"
	assert_line --regexp "^$3\$"
}

SUBCOMMANDS='run check status attach enable disable cgroup copy'
MANUAL=$BUILD/manual

# page NAME: the manual page as an 80-column terminal shows it.
page() {
	mandoc -T ascii -O width=80 "$MANUAL/$1" | col -bx
}

# page_of SUBCOMMAND: the file that describes it.
page_of() {
	case $1 in
	disable) echo keepalive-enable.1 ;; # as keepalive-disable.1 says in its only line
	*) echo "keepalive-$1.1" ;;
	esac
}

@test "man pages: mandoc finds no fault" {
	require mandoc
	# Whether mandoc finds other pages depends on what is installed. The level below "style" is for the BSDs' own pages,
	# whose footer names the system instead of the package.
	run sh -c "cd '$REPOSITORY' && mandoc -T lint -W style \$(grep -L '^\.so ' shim/manual/*.[1578]) 2>/dev/null |
		grep -v 'referenced manual not found'"
	assert_output ''
}

@test "man pages: a footer with name and version, and where to report a bug" {
	local file version

	version=$("$KEEPALIVE" --version)
	for file in $(grep -L '^\.so ' "$MANUAL"/*.[1578]); do
		run -0 page "${file##*/}"
		[[ ${lines[-1]} == "keepalive-shim ${version#keepalive }  "* ]] || fail "$file: ${lines[-1]}"
		grep -q '^BUGS' <<<"$output" || fail "$file: no BUGS"
		! grep '@[A-Z]*@' "$file" || fail "$file: a place was not filled in"
	done
	run -0 page keepalive.1
	assert_output --partial 'https://'
}

@test "man pages: keepalive(1) takes at most four screens of 24 lines" {
	run -0 page keepalive.1
	[ "$(wc -l <<<"$output")" -le 96 ]
}

@test "man pages: one for each subcommand, which keepalive(1) and --help name; what they refer to is there" {
	local subcommand name reference file

	run -0 page keepalive.1
	name=$output
	for subcommand in $SUBCOMMANDS; do
		file=$(page_of "$subcommand")
		[ -f "$MANUAL/$file" ]
		[[ $name == *"${file%.1}(1)"* ]] || fail "keepalive(1) lacks ${file%.1}(1)"
		run -0 "$KEEPALIVE" help "$subcommand"
		assert_line "Manual: keepalive-$subcommand(1)."
		[ -f "$MANUAL/keepalive-$subcommand.1" ]
	done
	for file in "$MANUAL"/*.[1578]; do
		while read -r reference; do
			[ -f "$MANUAL/$reference" ] || fail "${file##*/} refers to $reference"
		done < <(sed -n 's/^\.\(Xr\|It Xr\) \(\(keepalive\|host-preload\)[^ ]*\) \([0-9]\).*/\2.\4/p' "$file")
		while read -r reference; do
			grep -rqs "^\.Sh $reference" "$MANUAL" || fail "${file##*/} refers to a section $reference"
		done < <(sed -n 's/^\.Sx \([A-Z ]*[A-Z]\).*/\1/p' "$file")
	done
}

@test "man pages: every option, variable and rule word is there" {
	local subcommand option word page

	for subcommand in $SUBCOMMANDS; do
		for option in $(options_of "$subcommand"); do
			grep -q -e "Fl Fl ${option#--}\b" "$MANUAL/$(page_of "$subcommand")" ||
				grep -q -e "^\.It Fl Fl ${option#--} Ns = .*KEEPALIVE_SHIM_" "$MANUAL/keepalive.1" ||
				fail "$(page_of "$subcommand") lacks $option of $subcommand"
		done
	done
	page=$(mandoc -T ascii "$MANUAL/keepalive-shim.7" | col -b)
	for word in $(grep -oh '"KEEPALIVE_SHIM[A-Z_]*"' "$REPOSITORY/shim/common/settings_table.h" | tr -d '"') \
		$(words_of_rules); do
		[[ $page == *"$word"* ]] || fail "keepalive-shim(7) lacks $word"
	done
}

@test "man pages: every option that a page lists is one that --help lists" {
	local page subcommand option listed count=0

	for page in $(for subcommand in $SUBCOMMANDS; do page_of "$subcommand"; done | sort -u); do
		listed=$(for subcommand in $SUBCOMMANDS; do
			[ "$(page_of "$subcommand")" != "$page" ] || options_of "$subcommand"
		done)
		for option in $(sed -n 's/^\.It .*Fl Fl \([a-z0-9-]*\).*/\1/p' "$MANUAL/$page"); do
			[[ $'\n'$listed$'\n' == *$'\n'"--$option"$'\n'* ]] || fail "$page: --$option"
			count=$((count + 1))
		done
	done
	[ "$count" -ge 20 ]
}

@test "man pages: every subcommand takes the settings that its synopsis promises, and --help, --version" {
	local subcommand promised count=0

	for subcommand in $SUBCOMMANDS; do
		promised=$(page "$(page_of "$subcommand")" | sed -n "/^SYNOPSIS/,/^DESCRIPTION/s/^ *keepalive $subcommand .*\[setting \.\.\.\].*/yes/p")
		run -0 "$KEEPALIVE" "$subcommand" --help
		if [ "$promised" ]; then
			assert_line --partial "--idle="
			count=$((count + 1))
		else
			refute_line --partial "--idle="
		fi
		run -0 "$KEEPALIVE" "$subcommand" --version
		assert_output --partial "keepalive "
	done
	[ "$count" = 5 ]
}

@test "man pages: the examples' settings are accepted" {
	local rules

	rules=$(mandoc -T ascii "$MANUAL/keepalive-shim.7" | col -b |
		sed -n "/^EXAMPLES/,\$p" | tr '\n' ';' | grep -o "KEEPALIVE_SHIM_RULES='[^']*'" |
		sed "s/.*='//; s/'\$//" | tr '\n' ';')
	[[ $rules == *program=* && $rules == *peer=* ]]
	run -0 --separate-stderr shimmed KEEPALIVE_SHIM_RULES="$rules" true
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" ''
}

# set_themselves: "name values" for each row of the table in keepalive-shim(7).
set_themselves() {
	sed -n '/^\.Ss What programs set themselves/,/^\.El/s/^\.It \(.* Ta .*\)/\1/p' "$MANUAL/keepalive-shim.7" |
		awk -F ' Ta *' '!/^Em/ { print $1 "|" ($2 == "-" ? "7200/75/9" : $2 "/" $3 "/" $4) }'
}

# name_in_sweep ROW: the name of that program in tests/sweep and in the table of tests/README.md.
name_in_sweep() {
	case $1 in
	'Go (net)') echo go ;;
	'Go (net/http)') echo rclone ;;
	'Go, client-go') echo bazelisk ;;
	'git over HTTP') echo git over http ;;
	'Node.js fetch, undici') echo node fetch ;;
	'mongodb (Node.js)') echo mongodb ;;
	FreeTDS) echo tsql ;;
	'psql, libpq') echo psql ;;
	PostgreSQL) echo postgres ;;
	*) echo "$1" ;;
	esac
}

@test "man pages: what programs set themselves agrees with tests/README.md" {
	local row values count=0

	while IFS='|' read -r row values; do
		grep -qE "^\| $(name_in_sweep "$row") \((client|server)\) \| [^|]* \| on $values \|" "$TESTS/README.md" ||
			fail "$row: $values"
		count=$((count + 1))
	done < <(set_themselves)
	[ "$count" -ge 10 ]
}

@test "man pages: what programs set themselves agrees with the programs that are installed" {
	local row values name names=()
	require unshare python3
	require_root

	while IFS='|' read -r row values; do
		name=$(name_in_sweep "$row")
		! command -v "${name%% *}" >/dev/null || names+=("$name")
	done < <(set_themselves)
	[ "${#names[@]}" -gt 0 ] || skip "none of the programs is installed"
	"$TESTS/sweep/run" --alone "${names[@]}" >"$BATS_TEST_TMPDIR/seen"
	cat "$BATS_TEST_TMPDIR/seen"
	while IFS='|' read -r row values; do
		name=$(name_in_sweep "$row")
		! grep -q "^$name: o" "$BATS_TEST_TMPDIR/seen" || grep -qx "$name: on $values" "$BATS_TEST_TMPDIR/seen" ||
			fail "$row: $values"
	done < <(set_themselves)
	grep -q '^[a-z-]*: on ' "$BATS_TEST_TMPDIR/seen"
}

# examples PAGE: the commands under EXAMPLES as a terminal shows them, with continued lines joined.
examples() {
	mandoc -T ascii -O width=78 "$MANUAL/$1" | col -bx |
		sed -n '/^EXAMPLES/,/^SEE ALSO/s/^ \{11,\}//p' | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}'
}

@test "man pages: the examples can be copied from the screen: nothing is broken or eaten" {
	local line count=0

	require mandoc
	while read -r line; do
		case $line in
		ENTRYPOINT*) jq -e '.[0] == "keepalive"' <<<"${line#ENTRYPOINT }" || fail "$line" ;;
		*run\ *)
			# Replace the program, which need not be installed.
			line=${line/psql*/true} line=${line/vsftpd*/true} line=${line/haproxy*/true}
			line=${line/zkServer*/true} line=${line/prometheus*/true}
			run -0 sh -c "'$KEEPALIVE' ${line#keepalive }"
			;;
		*LD_PRELOAD*) [[ $line == LD_PRELOAD=*.so*\ psql* ]] || fail "$line" ;;
		*) continue ;;
		esac
		count=$((count + 1))
	done < <(for page in keepalive.1 keepalive-run.1 keepalive-shim.7; do examples "$page"; done)
	[ "$count" = 10 ]
}

# zsh_options SUBCOMMAND: the options that zsh's completion has for it; $settings stands for those that the array lists.
zsh_options() {
	local file=$BUILD/completion/keepalive.zsh block

	block=$(sed -n "/^$1)\$/,/;;\$/p" "$file")
	{
		echo "$block"
		[[ $block != *'$settings'* ]] || sed -n '/^settings=($/,/^)/p' "$file"
	} | grep -oE "'(\*|\([^)]*\))?--[a-z0-9-]+" | grep -oE -e '--[a-z0-9-]+$' | sort -u
}

@test "completion: the files are the same whichever awk makes them" {
	local awk shell

	cd "$BATS_TEST_TMPDIR"
	for awk in mawk gawk original-awk 'busybox awk'; do
		command -v "${awk% *}" >/dev/null || continue
		mkdir -p bin
		printf '#!/bin/sh\nexec %s "$@"\n' "$awk" >bin/awk
		chmod +x bin/awk
		for shell in bash zsh fish; do
			PATH=$PWD/bin:$PATH "$REPOSITORY/shim/completion/fill" "$REPOSITORY/shim/completion/keepalive.$shell.in" "${CC:-cc}" >"$shell"
			cmp "$shell" "$BUILD/completion/keepalive.$shell"
		done
	done
}

@test "completion: bash, zsh and fish offer every option of the help and no other" {
	local subcommand options

	for subcommand in $SUBCOMMANDS; do
		options=$(options_of "$subcommand")
		run complete_with bash "keepalive $subcommand --"
		assert_equal "$(tr -d = <<<"$output" | sort -u)" "$options"
		assert_equal "$(zsh_options "$subcommand")" "$options"
		command -v fish >/dev/null || continue
		run complete_with fish "keepalive $subcommand --"
		assert_equal "$(sort -u <<<"$output")" "$options"
	done
}

@test "completion: bash, zsh and fish complete subcommands, options, values and commands" {
	local shell missing=

	for shell in bash zsh fish; do
		if ! command -v "$shell" >/dev/null; then
			missing+=" $shell"
			continue
		fi
		assert_completes $shell 'keepalive sta' 'status'
		assert_completes $shell 'keepalive run --mo' '--mode=?'
		assert_completes $shell 'keepalive run --mode=f' '(--mode=)?force'
		assert_completes $shell 'keepalive run --user-timeout=au' '(--user-timeout=)?auto'
		assert_completes $shell 'keepalive check --log=std' '(--log=)?stderr'
		assert_completes $shell 'keepalive check --log=/usr/shar' '(--log=)?/usr/share/?'
		assert_completes $shell 'keepalive attach --dr' '--dry-run'
		assert_completes $shell 'keepalive check --js' '--json'
		assert_completes $shell 'keepalive cgroup det' 'detach'
		assert_completes $shell 'keepalive cgroup attach --ho' '--host'
		assert_completes $shell 'keepalive run --idle=5 basenam' 'basename'
		assert_completes $shell 'keepalive run ls /usr/shar' '/usr/share/?'
	done
	[ -z "$missing" ] || skip "not installed:$missing; the others passed"
}
