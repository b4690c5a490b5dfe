#!/usr/bin/env bats
# README: short, its links lead somewhere, its commands work as they stand, and its figures are those of the files that
# commands write.

load ../helpers
load ../outside

README=$REPOSITORY/README.md

@test "README is a page: at most 12 KB" {
	[ "$(wc -c <"$README")" -le 12288 ]
}

# pages: the Markdown pages of the tree.
pages() {
	(cd "$REPOSITORY" && find . -path ./build -prune -o -name '*.md' -print | sed 's|^\./||')
}

@test "every link in each page leads to a file and, if it names one, to a heading in it" {
	local page link file heading count=0
	while read -r page; do
		while read -r link; do
			[[ $link != ../../actions/* ]] || continue # GitHub's own
			file=${link%%#*} heading=
			[[ $link != *'#'* ]] || heading=${link#*#}
			file=$REPOSITORY/$([ -n "$file" ] && echo "$(dirname "$page")/$file" || echo "$page")
			[ -e "$file" ] || fail "$page: $link"
			[ -z "$heading" ] ||
				grep '^#' "$file" | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9#\n-' | grep -qx -- "#*-$heading" ||
				fail "$page: no heading for $link"
			count=$((count + 1))
		done < <(grep -o '](\([^)]*\))' "$REPOSITORY/$page" | sed 's/^](//; s/)$//' | grep -v '^http')
	done < <(pages)
	[ "$count" -ge 20 ]
}

@test "every file of this tree that a page names exists" {
	local page name directory count=0
	while read -r page; do
		directory=$(dirname "$page")
		while read -r name; do
			[ -e "$REPOSITORY/$name" ] || [ -e "$REPOSITORY/$directory/$name" ] || fail "$page: $name"
			count=$((count + 1))
		done < <(grep -oE '`(\.github|docker|kubernetes|scripts|shim|systemd|tests)/[A-Za-z0-9./_-]+`' "$REPOSITORY/$page" |
			tr -d '`')
	done < <(pages)
	[ "$count" -ge 20 ]
}

@test "README's first commands: each gives the program keepalive" {
	local place=$BATS_TEST_TMPDIR/clone
	mkdir -p "$place/bin" "$place/build"
	cp -r -p "$REPOSITORY"/{LICENSE,Makefile,scripts,shim} "$place/"
	cp -r -p "$BUILD"/{command-objects,preload-objects,completion,manual,keepalive,libkeepalive-shim.*} "$place/build/"
	printf '#!/bin/sh\nexec %s 127.0.0.1\n' "$PROGRAMS/values" >"$place/bin/your-program"
	chmod +x "$place/bin/your-program"
	sed '/^```sh$/,/^```$/!d; /^```$/q' "$README" | grep -v '^```' >"$place/commands"
	grep -q '^LD_PRELOAD=.* your-program' "$place/commands"
	run -0 env -C "$place" PATH="$place/bin:$PATH" sh -e commands
	assert_equal "$(grep -c "^client $DEFAULTS" <<<"$output")" 2
}

@test "README's dpkg command installs the two packages of this machine, whatever else was built" {
	local files name architecture
	require dpkg
	for architecture in amd64 arm64 armhf i386 riscv64; do
		for name in libkeepalive-shim keepalive-shim; do
			install -D /dev/null "$BATS_TEST_TMPDIR/build/packages/${name}_0.1.0_$architecture.deb"
		done
	done
	files=$(sed -n 's/^make package && sudo dpkg -i //p' "$README")
	cd "$BATS_TEST_TMPDIR"
	eval "set -- $files"
	architecture=$(dpkg --print-architecture)
	assert_equal "${*##*/}" "keepalive-shim_0.1.0_$architecture.deb libkeepalive-shim_0.1.0_$architecture.deb"
}

# ready_commands: the commands of the table "What do you have?", one on each line.
ready_commands() {
	sed -n '/^## What do you have/,/^## /p' "$README" | grep '^|' | cut -d'|' -f3 | grep -o '`keepalive [^`]*`' | tr -d '`'
}

@test "README's table of commands: each keepalive run starts the program with keepalive" {
	local command options count=0
	while read -r command; do
		# In place of the reader's program, one that shows its sockets.
		options=$(sed -E 's/^keepalive run//; s/ (your-program|psql -h db|haproxy -f haproxy\.cfg)$//' <<<"$command")
		eval "run -0 '$KEEPALIVE' run $options '$PROGRAMS/values' 127.0.0.2"
		[[ $output == *keepalive=1* ]] || fail "$command: $output"
		count=$((count + 1))
	done < <(ready_commands | grep '^keepalive run')
	[ "$count" -ge 4 ]
}

@test "README's table of commands: keepalive run serves a static program too, also in a tree of programs" {
	local command
	require_supervision
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -static -o "$BATS_TEST_TMPDIR/your-program" "$TESTS/programs/values.c" || skip_as static
	ready_commands | grep -qx 'keepalive run --supervise=always your-program'
	for command in 'run your-program' 'run --supervise=always sh -c "your-program; exit"'; do
		eval "PATH=$BATS_TEST_TMPDIR:$PATH run -0 '$KEEPALIVE' $command"
		assert_line --partial "client $DEFAULTS"
	done
}

@test "README's table of commands: check, status and attach, for a program and a process" {
	local command pid count=0
	background python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); time.sleep(60)'
	pid=$!
	await 10 sockets "$pid" LISTEN
	while read -r command; do
		[[ $command != *--follow* && $command != *cgroup* ]] || continue # these continue to run; other tests cover them
		eval "run '$KEEPALIVE' $(sed -E "s/^keepalive //; s/\bPID\b/$pid/; s/your-program/true/" <<<"$command")"
		[ "$status" -le 1 ] || fail "$command: $status: $output"
		count=$((count + 1))
	done < <(ready_commands | grep -E '^keepalive (check|status|attach)')
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

@test "README's table of settings: every setting, with its default" {
	local name default count=0

	while IFS=$'\t' read -r name default; do
		grep -qE "^\| \`$name\` \| .* \| (none|\`$default\`) \| " "$README" || fail "$name, default '$default'"
		count=$((count + 1))
	done < <("$KEEPALIVE" check --json true | jq -r '.settings[] | [.variable, .value // ""] | @tsv')
	[ "$count" -ge 10 ]
}

@test "the page of what it costs, and its picture, are what bench.py makes of the figures that it kept" {
	python3 -B "$TESTS/bench/bench.py" --render "$BATS_TEST_TMPDIR"
	cmp "$BATS_TEST_TMPDIR/growth.svg" "$TESTS/bench/growth.svg"
	sed '1,/^<!-- bench -->$/d; /^<!-- bench -->$/,$d' "$TESTS/bench/README.md" | cmp - "$BATS_TEST_TMPDIR/table.md"
}

@test "the picture of growth has the figures of the table, and letters that can be read on a phone" {
	python3 - "$TESTS/bench/README.md" "$TESTS/bench/growth.svg" <<-'END'
		import re, sys, xml.dom.minidom
		page, picture = open(sys.argv[1]).read(), xml.dom.minidom.parse(sys.argv[2]).documentElement
		titles = {title.firstChild.data for title in picture.getElementsByTagName("title")}
		rows = re.findall(r"^\| ([^|]*), ([\d,]+) to ([\d,]+) \| ([^|]*) \| ([\d.,]+) \| ([\d.,]+) \| (.*) \|$", page, re.M)
		assert len(rows) >= 10, rows
		for over, first, last, name, at_first, at_last, unit in rows:
		    for number, figure in (first, at_first), (last, at_last):
		        assert f"{over}, {number}, {name}: {figure} {unit}" in titles, (over, number, name, figure)
		rules = re.search(r"With 64 rules that do not match, connect\(\) takes ([\d,]+) ns", page)[1]
		assert any(title.startswith("rules that do not match, 64, keepalive-shim: " + rules) for title in titles)
		style = picture.getElementsByTagName("style")[0].firstChild.data
		scale = min(1, 360 / float(picture.getAttribute("viewBox").split()[2]))
		sizes = [float(size) * scale for size in re.findall(r"font(?:-size)?: ([\d.]+)px", style)]
		assert min(sizes) >= 11, sizes
	END
}
