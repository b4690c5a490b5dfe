# Completion of keepalive(1) for fish.

function __keepalive_in
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

function __keepalive_first
    test (count (commandline -opc)) = 1
end

complete -c keepalive -f
complete -c keepalive -n __keepalive_first -a run -d 'start a command with keepalive'
complete -c keepalive -n __keepalive_first -a check -d 'tell whether the shim takes effect'
complete -c keepalive -n __keepalive_first -a status -d 'show connections and their keepalive'
complete -c keepalive -n __keepalive_first -a attach -d 'arm the sockets of a running process'
complete -c keepalive -n __keepalive_first -l version -d 'show the version'
complete -c keepalive -l help -d 'show help'

set -l set_by 'run check attach'
complete -c keepalive -n "__keepalive_in $set_by" -l idle -xa kernel -d 'first probe after'
complete -c keepalive -n "__keepalive_in $set_by" -l interval -xa kernel -d 'between probes'
complete -c keepalive -n "__keepalive_in $set_by" -l count -xa kernel -d 'probes until dead'
complete -c keepalive -n "__keepalive_in $set_by" -l user-timeout -xa 'off auto' -d TCP_USER_TIMEOUT
complete -c keepalive -n "__keepalive_in $set_by" -l rto-max -xa off -d TCP_RTO_MAX_MS
complete -c keepalive -n "__keepalive_in $set_by" -l role -xa 'both client server' -d 'whose sockets'
complete -c keepalive -n "__keepalive_in $set_by" -l mode -xa 'respect force' -d 'who wins'
complete -c keepalive -n "__keepalive_in $set_by" -l rule -x -d 'other values for some'
complete -c keepalive -n "__keepalive_in $set_by" -l log -rFa 'off stderr' -d 'a line for each socket'
complete -c keepalive -n '__keepalive_in run check' -l library -rF -d 'the library'
complete -c keepalive -n '__keepalive_in run' -l supervise -xa 'auto always never' -d 'static and Go programs'
complete -c keepalive -n '__keepalive_in run' -l best-effort -d 'start it without, if need be'
complete -c keepalive -n '__keepalive_in check status' -l json -d 'for programs'
complete -c keepalive -n '__keepalive_in status' -l watch -d 'again and again'
complete -c keepalive -n '__keepalive_in status' -l off -d 'only what would hang'
complete -c keepalive -n '__keepalive_in status' -l port -x -d 'only this port'
complete -c keepalive -n '__keepalive_in status' -l state -xa 'established listen syn-sent close-wait' -d 'only in this state'
complete -c keepalive -n '__keepalive_in status' -l process -x -d 'only processes of such a name'
complete -c keepalive -n '__keepalive_in status' -l sort -xa 'process peer port state probe' -d 'in this order'
complete -c keepalive -n '__keepalive_in status' -l wide -d 'all there is to know'
complete -c keepalive -n '__keepalive_in status' -l listeners -d 'their values too'
complete -c keepalive -n '__keepalive_in attach' -l dry-run -d 'do nothing'
complete -c keepalive -n '__keepalive_in attach' -l follow -d 'new sockets too'
complete -c keepalive -n '__keepalive_in run check status attach' -l version -d 'show the version'

complete -c keepalive -n '__keepalive_in run' -xa '(__fish_complete_subcommand --fcs-skip=2 \
	--idle --interval --count --user-timeout --rto-max --role --mode --rule --log --library --supervise)'
complete -c keepalive -n '__keepalive_in check' -a '(__fish_complete_command)'
complete -c keepalive -n '__keepalive_in check status attach' -a '(__fish_complete_pids)'
