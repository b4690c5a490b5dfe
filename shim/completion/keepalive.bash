# Completion of keepalive(1) for bash.
# shellcheck shell=bash

_keepalive() {
	local cur=${COMP_WORDS[COMP_CWORD]} option='' words='' i
	local settings='--idle= --interval= --count= --user-timeout= --rto-max= --role= --mode= --rule= --log='

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'run check status attach --help --version' -- "$cur")
		return
	fi

	# bash splits at "=": --mode=fo is three words, --mode= is two.
	if [ "$cur" = = ]; then
		cur='' option=${COMP_WORDS[COMP_CWORD - 1]}
	elif [ "${COMP_WORDS[COMP_CWORD - 1]}" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --@(state|sort|role|mode|supervise|log|library|user-timeout|rto-max|idle|interval|count) ]]; then
		option=${COMP_WORDS[COMP_CWORD - 1]}
	fi
	case $option in
	--idle | --interval | --count) words=kernel ;;
	--user-timeout) words='off auto' ;;
	--rto-max) words=off ;;
	--role) words='both client server' ;;
	--mode) words='respect force' ;;
	--supervise) words='auto always never' ;;
	--log) words='off stderr' ;;
	--state) words='established listen syn-sent close-wait fin-wait1 fin-wait2 close' ;;
	--sort) words='process peer port state probe' ;;
	esac
	if [ -n "$option" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		[[ $option != --@(log|library) ]] ||
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
		return
	fi

	# Past COMMAND its own completion, where there is one.
	if [ "${COMP_WORDS[1]}" = run ]; then
		for ((i = 2; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			--) ((i++)) ;;
			--best-effort) continue ;;
			-*)
				[ "${COMP_WORDS[i + 1]-}" != = ] || ((i++))
				((i++))
				continue
				;;
			esac
			break
		done
		if [ "$i" -lt "$COMP_CWORD" ]; then
			if declare -F _command_offset >/dev/null; then
				_command_offset "$i"
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			fi
			return
		fi
	fi

	case ${COMP_WORDS[1]}$cur in
	run-*) words="$settings --supervise= --best-effort --library= --help --version" ;;
	check-*) words="$settings --json --library= --help --version" ;;
	status-*) words='--off --port= --state= --process= --sort= --wide --json --watch --watch= --listeners --help --version' ;;
	attach-*) words="$settings --dry-run --follow --follow= --help --version" ;;
	run*) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
	check*) mapfile -t COMPREPLY < <(compgen -c -- "$cur" && compgen -W "$(_keepalive_pids)" -- "$cur") ;;
	status* | attach*) words=$(_keepalive_pids) ;;
	esac
	[ -z "$words" ] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null
}

_keepalive_pids() {
	(cd /proc && printf '%s ' [1-9]*)
}

complete -F _keepalive keepalive
