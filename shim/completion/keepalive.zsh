#compdef keepalive
# Completion of keepalive(1) for zsh.

local -a settings
local curcontext=$curcontext state line
typeset -A opt_args

settings=(
	'--idle=[first probe after so long]:duration:(kernel)'
	'--interval=[time between probes]:duration:(kernel)'
	'--count=[unanswered probes until dead]:number:(kernel)'
	'--user-timeout=[TCP_USER_TIMEOUT]:duration with unit:(off auto)'
	'--rto-max=[TCP_RTO_MAX_MS]:duration:(off)'
	'--role=[whose sockets are touched]:role:(both client server)'
	'--mode=[who wins when the program sets its own]:mode:(respect force)'
	'*--rule=[other values for some programs, roles, peers, ports]:rule:'
	'--log=[a line for each socket]:target:_alternative "words\:word\:(off stderr)" "files\:path\:_files"'
)

_arguments -C \
	'(- *)--help[show help]' \
	'(- *)--version[show the version]' \
	'1:command:((run\:"start a command with keepalive" check\:"tell whether the shim takes effect" status\:"show connections and their keepalive" attach\:"arm the sockets of a running process"))' \
	'*::argument:->argument' && return

[[ $state == argument ]] || return
case $words[1] in
run)
	_arguments $settings \
		'--supervise=[static and Go programs]:when:(auto always never)' \
		'--best-effort[start it without keepalive if need be]' \
		'--library=[the library]:path:_files' '--help[show help]' \
		'--version[show the version]' '(-):command: _command_names -e' '*::argument: _normal'
	;;
check)
	_arguments $settings '--json[for programs]' '--library=[the library]:path:_files' \
		'--help[show help]' '--version[show the version]' \
		'1:command or process:_alternative "commands:command:_command_names -e" "pids:process:_pids"'
	;;
status)
	_arguments '--off[only what would hang]' '--port=[only this port]:port:' \
		'*--state=[only in this state]:state:(established listen syn-sent close-wait)' \
		'--process=[only processes of such a name]:glob:' \
		'--sort=[in this order]:key:(process peer port state probe)' \
		'--wide[all there is to know]' '--listeners[their values too]' \
		'--json[for programs]' '--watch=-[again and again]::seconds:' '--help[show help]' \
		'--version[show the version]' '*:process:_pids'
	;;
attach)
	_arguments $settings '(--follow)--dry-run[do nothing]' \
		'(--dry-run)--follow=-[new sockets too]::seconds:' '--help[show help]' \
		'--version[show the version]' '1:process:_pids'
	;;
esac
