# Does it reach my program? Each kind of program connects, once with the library in LD_PRELOAD and once under
# `keepalive run`. Whether its socket has keepalive becomes a row of build/reach.tsv (tests/deploy/reach-table).
# shellcheck shell=bash
load ../helpers

bats_require_minimum_version 1.5.0

setup_file() {
	export DIRECTORY=$BATS_FILE_TMPDIR
	# Connects to 127.0.0.1:PORT, and waits.
	cat >"$DIRECTORY/client.c" <<-'END'
		#include <arpa/inet.h>
		#include <netinet/in.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			struct sockaddr_in to;
			int fd = socket(AF_INET, SOCK_STREAM, 0);
			(void)argc;
			to.sin_family = AF_INET;
			to.sin_port = htons((unsigned short)atoi(argv[1]));
			to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
				return 1;
			pause();
			return 0;
		}
	END
	rm -f "${REACH:=$BUILD/reach.tsv}"
	export REACH
}

setup() {
	background python3 "$TESTS/programs/hold.py" 127.0.0.1
	PORT=$(port_of $!)
}

# family PID: the process and what it started.
family() {
	local child

	echo "$1"
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		family "$child"
	done
}

# has_socket PID PATTERN: the process, or one that it started.
has_socket() {
	local pid

	for pid in $(family "$1"); do
		! sockets "$pid" "$2" 2>/dev/null || return 0
	done
	return 1
}

# reached COMMAND...: prints yes if its connection has our idle time, otherwise no.
reached() {
	local pid answer=no peer="peer=[^ ]*127.0.0.1]?:$PORT"

	background "$@" >/dev/null 2>"$BATS_TEST_TMPDIR/said"
	pid=$!
	if ! await 30 has_socket "$pid" "$peer"; then
		cat "$BATS_TEST_TMPDIR/said" >&2
		answer='no connection'
	elif await 1 has_socket "$pid" "$peer .*keepalive=1 idle=77" 2>/dev/null; then
		answer=yes # within a second, since the connection may be seen before its options are set
	fi
	end_tree "$pid" 2>/dev/null
	echo "$answer"
}

# row KIND PRELOAD RUN NOTE: recorded for tests/deploy/reach-table; tests/README.md must have the same row.
row() {
	printf '%s\t%s\t%s\t%s\n' "$@" >>"$REACH"
	echo "# $*" >&3
	[ "$2" = 'not tried' ] || grep -qxF "| $1 | $2 | $3 | $4 |" "$TESTS/README.md" ||
		fail "tests/README.md has no row '| $1 | $2 | $3 | $4 |' (tests/deploy/reach-table prints them all)"
}

# reaches KIND PRELOAD RUN NOTE COMMAND...: compares what was reached with the two answers expected, yes or no.
reaches() {
	local kind=$1 promised="$2 $3" note=$4 by_preload by_run

	shift 4
	by_preload=$(reached env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=77 "$@" "$PORT")
	by_run=$(reached "$KEEPALIVE" run --idle=77 -- "$@" "$PORT")
	row "$kind" "$by_preload" "$by_run" "$note"
	assert_equal "$by_preload $by_run" "$promised"
}

# untried KIND REASON: records a row for a kind that was not tried, and skips the test.
untried() {
	row "$1" 'not tried' 'not tried' "$2"
	skip "$1: $2"
}

need() {
	local kind=$1 program

	shift
	for program; do
		command -v "$program" >/dev/null || untried "$kind" "$program was not installed"
	done
}

@test "C" {
	cc -o "$BATS_TEST_TMPDIR/client" "$DIRECTORY/client.c"
	reaches C yes yes 'glibc' "$BATS_TEST_TMPDIR/client"
}

@test "C, for musl" {
	need 'C, musl' musl-gcc
	musl-gcc -o "$BATS_TEST_TMPDIR/client" "$DIRECTORY/client.c"
	reaches 'C, musl' yes yes 'the same library' "$BATS_TEST_TMPDIR/client"
}

@test "C++" {
	need C++ g++
	g++ -x c++ -o "$BATS_TEST_TMPDIR/client" "$DIRECTORY/client.c"
	reaches C++ yes yes '' "$BATS_TEST_TMPDIR/client"
}

@test "Rust" {
	need Rust rustc
	cat >"$BATS_TEST_TMPDIR/client.rs" <<-'END'
		fn main() {
		    let port: u16 = std::env::args().nth(1).unwrap().parse().unwrap();
		    let _held = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
		    loop { std::thread::park(); }
		}
	END
	rustc -o "$BATS_TEST_TMPDIR/client" "$BATS_TEST_TMPDIR/client.rs" 2>"$BATS_TEST_TMPDIR/log" ||
		untried Rust 'rustc does not work here'
	reaches Rust yes yes 'its musl targets are static' "$BATS_TEST_TMPDIR/client"
}

@test "Python" {
	reaches Python yes yes '' python3 -c 'import signal, socket, sys
held = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
signal.pause()'
}

@test "Node.js" {
	need Node.js node
	cat >"$BATS_TEST_TMPDIR/client.js" <<-'END'
		require("net").connect(Number(process.argv[2]), "127.0.0.1");
	END
	reaches Node.js yes yes '' node "$BATS_TEST_TMPDIR/client.js"
}

@test "Java" {
	need Java java javac
	cat >"$BATS_TEST_TMPDIR/Client.java" <<-'END'
		class Client {
			public static void main(String[] a) throws Exception {
				java.net.Socket held = new java.net.Socket("127.0.0.1", Integer.parseInt(a[0]));
				held.getInputStream().read();
			}
		}
	END
	javac -d "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/Client.java"
	reaches Java yes yes 'and Kotlin, Scala, Clojure: any JVM' \
		java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$BATS_TEST_TMPDIR" Client
}

@test "Ruby" {
	need Ruby ruby
	reaches Ruby yes yes '' ruby -rsocket -e 'held = TCPSocket.new("127.0.0.1", ARGV[0]); sleep'
}

@test "PHP" {
	need PHP php
	reaches PHP yes yes '' php -r '$held = fsockopen("127.0.0.1", $argv[1]); sleep(600);' --
}

@test "Perl" {
	need Perl perl
	reaches Perl yes yes '' perl -MIO::Socket::INET -e \
		'my $held = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die; sleep 600'
}

@test "a shell script" {
	cat >"$BATS_TEST_TMPDIR/client" <<-'END'
		#!/bin/bash
		exec 3<>"/dev/tcp/127.0.0.1/$1"
		read -r -u 3
	END
	chmod +x "$BATS_TEST_TMPDIR/client"
	reaches 'shell script' yes yes 'through its #! line' "$BATS_TEST_TMPDIR/client"
}

# go_client 0|1: without or with cgo.
go_client() {
	cat >"$BATS_TEST_TMPDIR/client.go" <<-'END'
		package main

		import (
			"net"
			"os"
			"time"
		)

		func main() {
			dialer := net.Dialer{KeepAlive: -1}
			_, err := dialer.Dial("tcp", "127.0.0.1:"+os.Args[1])
			if err != nil {
				panic(err)
			}
			time.Sleep(time.Hour)
		}
	END
	compile_go "$1" "$BATS_TEST_TMPDIR/client" "$BATS_TEST_TMPDIR/client.go"
}

@test "Go, dynamically linked" {
	need 'Go, dynamic' go
	go_client 1
	readelf -l "$BATS_TEST_TMPDIR/client" | grep -q INTERP
	reaches 'Go, dynamic' no yes 'supervised; Go sets 15 s itself; `--mode=force` overrides that' \
		"$BATS_TEST_TMPDIR/client"
}

@test "Go, static" {
	need 'Go, static' go
	go_client 0
	reaches 'Go, static' no yes 'supervised, as above' "$BATS_TEST_TMPDIR/client"
}

@test "a static program" {
	cc -static -o "$BATS_TEST_TMPDIR/client" "$DIRECTORY/client.c"
	reaches static no yes 'supervised' "$BATS_TEST_TMPDIR/client"
}

csharp_client() {
	cat >"$BATS_TEST_TMPDIR/client.cs" <<-'END'
		using System.Net;
		using System.Net.Sockets;
		using System.Threading;

		class Client {
			static void Main(string[] arguments) {
				var held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
				held.Connect(IPAddress.Loopback, int.Parse(arguments[0]));
				Thread.Sleep(Timeout.Infinite);
			}
		}
	END
	mcs "$@" "$BATS_TEST_TMPDIR/client.cs" >"$BATS_TEST_TMPDIR/log" 2>&1
}

# .NET's own compiler is not to be had; Mono's compiles against its class library.
@test ".NET" {
	local dotnet classes references pipe pid

	need .NET mcs
	dotnet=$("$TESTS/deploy/dotnet") || untried .NET 'dotnet was not installed'
	classes=$(echo "${dotnet%/*}"/shared/Microsoft.NETCore.App/*)
	references=(System.Private.CoreLib System.Runtime System.Net.Primitives System.Net.Sockets
		System.Threading System.Threading.Thread)
	csharp_client -nostdlib -noconfig "${references[@]/#/-r:$classes/}" \
		-out:"$BATS_TEST_TMPDIR/client.dll"
	cat >"$BATS_TEST_TMPDIR/client.runtimeconfig.json" <<-END
		{"runtimeOptions": {
			"framework": {"name": "Microsoft.NETCore.App", "version": "${classes##*/}"},
			"configProperties": {"System.Globalization.Invariant": true}}}
	END
	reaches .NET yes yes '' "$dotnet" "$BATS_TEST_TMPDIR/client.dll"
	for pipe in /tmp/clr-debug-pipe-*; do # which it leaves behind when it is killed
		pid=${pipe#*pipe-}
		kill -0 "${pid%%-*}" 2>/dev/null || rm -f "$pipe"
	done
}

@test "Mono" {
	need Mono mono mcs
	csharp_client -out:"$BATS_TEST_TMPDIR/client.exe"
	reaches Mono yes yes '' mono "$BATS_TEST_TMPDIR/client.exe"
}

@test "a setuid program" {
	local by_preload by_entry

	require_root
	require setpriv
	cc -o "$BATS_TEST_TMPDIR/client" "$DIRECTORY/client.c"
	chmod -R go+rX "$BATS_RUN_TMPDIR"
	chmod 4755 "$BATS_TEST_TMPDIR/client"
	by_preload=$(reached setpriv --reuid 65534 --regid 65534 --clear-groups \
		env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=77 "$BATS_TEST_TMPDIR/client" "$PORT")
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$KEEPALIVE" run --idle=77 \
		"$BATS_TEST_TMPDIR/client" "$PORT"
	assert_equal "$by_preload $status" 'no 125'
	assert_output --partial setuid

	# Through /etc/ld.so.preload, in a private mount namespace: with the settings of the host.
	mkdir "$BATS_TEST_TMPDIR/etc"
	# shellcheck disable=SC2016 # for the inner shell
	background unshare --mount sh -c '{ cp -a /etc/. "$1/etc" || true; } && cp "$2" "$1/" && # other tests may remove files
		echo "$1/${2##*/}" >"$1/etc/ld.so.preload" && mount --bind "$1/etc" /etc &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$1/client" "$3"' sh \
		"$BATS_TEST_TMPDIR" "$SHIM" "$PORT"
	by_entry=$!
	await 15 sockets "$by_entry" "peer=127.0.0.1:$PORT .*$DEFAULTS"
	row setuid no no 'only through `/etc/ld.so.preload`, with the settings of `/etc/keepalive-shim.conf`'
}

@test "snap" {
	need snap snap
	untried snap 'no test yet'
}

# make_flatpak: a runtime that consists of a C library, and a program for it.
make_flatpak() {
	local runtime=$BATS_TEST_TMPDIR/runtime app=$BATS_TEST_TMPDIR/app file

	export HOME=$BATS_TEST_TMPDIR/home XDG_DATA_HOME=$BATS_TEST_TMPDIR/home/data
	mkdir -p "$HOME" "$runtime/usr/lib" "$runtime/usr/lib64" "$runtime/files" "$app/files/bin"
	cc -o "$app/files/bin/client" "$DIRECTORY/client.c"
	for file in $(ldd "$app/files/bin/client" | grep -o '/[^ ]*'); do
		install -D "$file" "$runtime/usr/${file#/usr}"
	done
	printf '[Runtime]\nname=org.keepalive.Platform\n' >"$runtime/metadata"
	cat >"$app/metadata" <<-END
		[Application]
		name=org.keepalive.Client
		runtime=org.keepalive.Platform/$(uname -m)/1
		command=client
		[Context]
		shared=network;
	END
	mkdir "$app/export"
	flatpak build-export --disable-sandbox -r "$BATS_TEST_TMPDIR/repository" "$runtime" 1 &&
		flatpak build-export --disable-sandbox "$BATS_TEST_TMPDIR/repository" "$app" 1 &&
		flatpak --user remote-add --no-gpg-verify here "$BATS_TEST_TMPDIR/repository" &&
		flatpak --user install -y --noninteractive here org.keepalive.Platform//1 org.keepalive.Client//1
}

# flatpak removes LD_PRELOAD from the environment, and gives the program another /usr.
@test "flatpak" {
	need flatpak flatpak bwrap
	make_flatpak >"$BATS_TEST_TMPDIR/log" 2>&1 || untried flatpak 'flatpak does not work here'
	reaches flatpak no no "\`--supervise=always\` works; so does flatpak's \`--env=LD_PRELOAD=\`, with a folder shared by \`--filesystem=\`" \
		flatpak run org.keepalive.Client
	assert_equal yes "$(reached "$KEEPALIVE" run --supervise=always --idle=77 -- \
		flatpak run org.keepalive.Client "$PORT")"
	mkdir "$BATS_TEST_TMPDIR/inside"
	cp "$SHIM" "$BATS_TEST_TMPDIR/inside/"
	assert_equal yes "$(reached flatpak run --filesystem="$BATS_TEST_TMPDIR/inside:ro" \
		--env=LD_PRELOAD="$BATS_TEST_TMPDIR/inside/${SHIM##*/}" --env=KEEPALIVE_SHIM_IDLE=77 \
		org.keepalive.Client "$PORT")"
}

# sandboxes_itself PID: one of its processes has a seccomp filter.
sandboxes_itself() {
	local pid

	for pid in $(family "$1"); do
		! grep -qs '^Seccomp:.*2' "/proc/$pid/status" || return 0
	done
	return 1
}

# The sandbox needs a user other than root.
@test "a browser's sandbox" {
	local as=() home

	need 'browser sandboxes' chromium
	home=$(mktemp -d /tmp/chromium.XXXXXX) # short, because chromium puts a socket there
	BROWSER_HOME=$home
	install -m 755 "$SHIM" "$KEEPALIVE" "$home"
	if [ "$(id -u)" = 0 ]; then
		require setpriv
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		chown 65534 "$home"
	fi
	cat >"$home/browser" <<-END
		#!/bin/sh
		exec chromium --headless --disable-gpu --user-data-dir="\$(mktemp -d "$home/XXXXXX")" \
			"http://127.0.0.1:\$1/"
	END
	chmod 755 "$home" "$home/browser"
	export HOME=$home XDG_RUNTIME_DIR=$home KEEPALIVE_SHIM_MODE=force # it sets 45 s itself
	background "${as[@]}" "$home/browser" "$PORT" >/dev/null 2>&1
	await 30 sandboxes_itself $! || untried 'browser sandboxes' "chromium's does not work here"
	end_tree $! 2>/dev/null
	local SHIM=$home/${SHIM##*/} KEEPALIVE=$home/${KEEPALIVE##*/}
	reaches 'browser sandboxes' yes yes 'chromium, which sets 45 s itself; `--mode=force` overrides that' "${as[@]}" "$home/browser"
}

teardown() {
	end_background
	[ -z "${BROWSER_HOME-}" ] || rm -rf "$BROWSER_HOME"
}
