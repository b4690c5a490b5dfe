# The manual and the completions say what the command and the library do.
# shellcheck shell=bash
load ../helpers

bats_require_minimum_version 1.5.0

# The long options that a subcommand's help lists.
options_of() {
	"$KEEPALIVE" "$1" --help | grep -o '^ *--[a-z-]*\|, --[a-z-]*' | grep -o -e '--[a-z-]*' | sort -u
}

# The words of a rule that the message about another one lists.
words_of_rules() {
	local words

	words=$(LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_RULES=nothing true 2>&1 | grep -o 'accepted: .*mode=')
	echo "${words#accepted: }" | tr -d ,
}

# complete_with SHELL LINE: what the shell offers for, or makes of, the line.
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

@test "man pages: mandoc finds nothing to complain of" {
	require mandoc
	# What it says of other pages depends on which are installed.
	run sh -c "cd '$REPOSITORY' && mandoc -T lint shim/manual/*.[1578] 2>&1 |
		grep -v -e 'referenced manual not found' -e 'outdated mandoc.db'"
	assert_output ''
}

@test "man pages: every option, variable, rule word and exit status is there" {
	local subcommand option word page

	for subcommand in run check status attach enable disable cgroup copy; do
		for option in $(options_of "$subcommand"); do
			grep -q -e "Fl Fl ${option#--}\b" "$REPOSITORY/shim/manual/keepalive.1" ||
				fail "keepalive(1) lacks $option of $subcommand"
		done
	done
	page=$(mandoc -T ascii "$REPOSITORY/shim/manual/keepalive-shim.7" | col -b)
	for word in $(grep -oh '"KEEPALIVE_SHIM[A-Z_]*"' "$REPOSITORY/shim/common/settings_table.h" | tr -d '"') \
		$(words_of_rules); do
		[[ $page == *"$word"* ]] || fail "keepalive-shim(7) lacks $word"
	done
}

@test "man pages: every subcommand takes the settings that its synopsis promises, and --help, --version" {
	local subcommand page promised

	page=$(mandoc -T ascii "$REPOSITORY/shim/manual/keepalive.1" | col -b)
	promised=$(sed -n 's/^ *keepalive \([a-z]*\) \[setting .*/\1/p' <<<"$page")
	[[ $promised == *check* ]]
	for subcommand in run check status attach enable disable cgroup copy; do
		run -0 "$KEEPALIVE" "$subcommand" --help
		[[ $promised != *"$subcommand"* ]] || assert_line --partial "--idle="
		run -0 "$KEEPALIVE" "$subcommand" --version
		assert_output --partial "keepalive "
	done
}

@test "man pages: the examples' settings are accepted" {
	local rules

	rules=$(mandoc -T ascii "$REPOSITORY/shim/manual/keepalive-shim.7" | col -b |
		sed -n "/^EXAMPLES/,\$p" | tr '\n' ';' | grep -o "KEEPALIVE_SHIM_RULES='[^']*'" |
		sed "s/.*='//; s/'\$//" | tr '\n' ';')
	[[ $rules == *program=* && $rules == *peer=* ]]
	run -0 --separate-stderr shimmed KEEPALIVE_SHIM_RULES="$rules" true
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" ''
}

# examples PAGE: what stands indented under EXAMPLES, as it is shown, continued lines joined.
examples() {
	mandoc -T ascii -O width=78 "$REPOSITORY/shim/manual/$1" | col -bx |
		sed -n '/^EXAMPLES/,/^SEE ALSO/s/^ \{11,\}//p' | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}'
}

@test "man pages: the examples can be copied from the screen: nothing is broken or eaten" {
	local line count=0

	require mandoc
	while read -r line; do
		case $line in
		ENTRYPOINT*) jq -e '.[0] == "keepalive"' <<<"${line#ENTRYPOINT }" || fail "$line" ;;
		*run\ *)
			# The program's name is the last thing that keepalive looks at.
			line=${line/psql*/true} line=${line/vsftpd*/true} line=${line/haproxy*/true}
			line=${line/zkServer*/true} line=${line/prometheus*/true}
			run -0 sh -c "'$KEEPALIVE' ${line#keepalive }"
			;;
		*LD_PRELOAD*) [[ $line == LD_PRELOAD=*.so*\ psql* ]] || fail "$line" ;;
		*) continue ;;
		esac
		count=$((count + 1))
	done < <(examples keepalive.1 && examples keepalive-shim.7)
	[ "$count" = 9 ]
}

@test "completion: every option of the help is offered by bash, no other, and the others know it" {
	local subcommand option shell

	for subcommand in run check status attach enable disable cgroup copy; do
		run complete_with bash "keepalive $subcommand --"
		assert_equal "$(tr -d = <<<"$output" | sort -u)" "$(options_of "$subcommand")"
		for option in $(options_of "$subcommand"); do
			assert_line --regexp "^$option=?\$"
			for shell in zsh fish; do
				grep -qE -e "(--|-l )${option#--}\b" "$BUILD/completion/keepalive.$shell" ||
					fail "$shell lacks $option of $subcommand"
			done
		done
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
