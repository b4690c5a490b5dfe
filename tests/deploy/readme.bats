#!/usr/bin/env bats
# README: short, its links lead somewhere, and its commands work as they stand.

load ../helpers
load ../outside

README=$REPOSITORY/README.md

@test "README is a page: at most 12 KB" {
	[ "$(wc -c <"$README")" -le 12288 ]
}

@test "every link in README, and in what it links to, leads to a file or a heading" {
	local page link file heading
	for page in README.md tests/README.md tests/bench/README.md shim/README.md scripts/deploy/README.md \
		scripts/deploy/MIGRATION.md .github/CONTRIBUTING.md .github/SECURITY.md; do
		while read -r link; do
			file=${link%%#*} heading=
			[[ $link != *'#'* ]] || heading=${link#*#}
			[ -z "$file" ] || [[ $file == ../../actions/* ]] || # GitHub's own
				[ -e "$REPOSITORY/$(dirname "$page")/$file" ] || fail "$page: $link"
			[ -z "$heading" ] || [ -n "$file" ] ||
				grep '^#' "$REPOSITORY/$page" | tr '[:upper:] ' '[:lower:]-' | tr -d '?`' | grep -qx -- "#*-$heading" ||
				fail "$page: no heading for $link"
		done < <(grep -o '](\([^)]*\))' "$REPOSITORY/$page" | sed 's/^](//; s/)$//' | grep -v '^http')
	done
}

# doors: the commands of the table "What do you have?", a line each.
doors() {
	sed -n '/^## What do you have/,/^## /p' "$README" | grep '^|' | cut -d'|' -f3 | grep -o '`keepalive [^`]*`' | tr -d '`'
}

@test "README's table of commands: each keepalive run starts the program with keepalive" {
	local door options count=0
	while read -r door; do
		# The program at the end is whatever the reader has: here one that shows its sockets.
		options=$(sed -E 's/^keepalive run//; s/ (your-program|psql -h db|haproxy -f haproxy\.cfg)$//' <<<"$door")
		eval "run -0 '$KEEPALIVE' run $options '$PROGRAMS/values' 127.0.0.2"
		[[ $output == *keepalive=1* ]] || fail "$door: $output"
		count=$((count + 1))
	done < <(doors | grep '^keepalive run')
	[ "$count" -ge 4 ]
}

@test "README's table of commands: check, status and attach, for a program and a process" {
	local door pid count=0
	background python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); time.sleep(60)'
	pid=$!
	await 10 sockets "$pid" LISTEN
	while read -r door; do
		[[ $door != *--follow* && $door != *cgroup* ]] || continue # they stay: other tests run them
		eval "run '$KEEPALIVE' $(sed -E "s/^keepalive //; s/\bPID\b/$pid/; s/your-program/true/" <<<"$door")"
		[ "$status" -le 1 ] || fail "$door: $status: $output"
		count=$((count + 1))
	done < <(doors | grep -E '^keepalive (check|status|attach)')
	[ "$count" -ge 4 ]
}

@test "the three commands that show keepalive without the keepalive command" {
	require unshare ip nstat ss tcpdump
	require_root
	local filter
	filter=$(sed -n "s/^tcpdump -ni any '\(.*\)'.*/\1/p" "$README")
	[ -n "$filter" ]
	in_namespace env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=1 KEEPALIVE_SHIM_INTERVAL=1 python3 "$TESTS/programs/talk.py" pairs 1
	local pid=$!
	await 15 has_connections "$pid" 2
	background nsenter -t "$pid" -n tcpdump -nli lo "$filter" >"$BATS_TEST_TMPDIR/seen" 2>/dev/null
	run nsenter -t "$pid" -n ss -tno state established
	assert_output --partial 'timer:(keepalive,'
	await 15 grep -q 'length 0' "$BATS_TEST_TMPDIR/seen"
	run nsenter -t "$pid" -n nstat -asz TcpExtTCPKeepAlive
	assert_output --regexp 'TcpExtTCPKeepAlive +[1-9]'
}
