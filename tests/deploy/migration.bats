# The migration page: what it states about Debian's libkeepalive0 and libdontdie0, tested with them, and about this
# library. The tables are read from the page, so that each row is tested as it is written.
# shellcheck shell=bash
load ../helpers

bats_require_minimum_version 1.5.0

setup_file() {
	export DIRECTORY=$BATS_FILE_TMPDIR
	# A program that prints the options of its own sockets: listener, client, accepted, and those in its arguments.
	cat >"$DIRECTORY/see.py" <<-'END'
		import ctypes, os, socket, sys
		def see(name, s):
		    get = lambda option: s.getsockopt(socket.IPPROTO_TCP, option)
		    print(name, *(f"{key}={value}" for key, value in (
		        ("keepalive", s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)), ("idle", get(4)),
		        ("interval", get(5)), ("count", get(6)), ("user-timeout", get(18)))))
		if "inherited" in sys.argv:
		    see("inherited", socket.socket(fileno=os.dup(0)))
		if "raw" in sys.argv:
		    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
		        print("raw", s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
		listener = socket.create_server(("127.0.0.1", 0))
		client = socket.socket()
		if "own" in sys.argv:
		    client.setsockopt(socket.IPPROTO_TCP, 4, 77)
		client.connect(listener.getsockname())
		see("listener", listener)
		see("client", client)
		see("accepted", listener.accept()[0])
		libc = ctypes.CDLL(None, use_errno=True)
		ctypes.set_errno(0)
		libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
		print("errno", ctypes.get_errno())
	END
	LIBKEEPALIVE=$(peer libkeepalive0) LIBDONTDIE=$(peer libdontdie0)
	export LIBKEEPALIVE LIBDONTDIE
}

# peer PACKAGE: the path of its library, installed or downloaded as for the benchmark; nothing if neither works.
peer() {
	mkdir -p "$BUILD/bench"
	(cd "$TESTS/bench" && python3 -B -c 'import rows, sys; print(rows.peer(sys.argv[1]) or "")' "$1")
}

# see LIBRARY [NAME=VALUE...] [-- WHAT...]: runs that program with the library.
see() {
	local library=$1 settings=()

	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	run -0 --separate-stderr env "${settings[@]}" LD_PRELOAD="$library" python3 -B "$DIRECTORY/see.py" "$@"
}

need() {
	[ -n "$1" ] || skip "$2 is not installed, and apt-get cannot download it"
}

# rows SECTION: each row of its table that has a setting on both sides, as "THERE HERE", with 17 in place of n.
rows() {
	awk -v section="## $1" '/^## / { on = index($0, section) == 1 } on' \
		"$REPOSITORY/scripts/deploy/MIGRATION.md" |
		sed -n 's/^| *`\([A-Z_]*=[^`]*\)`[^|]*| *`\([A-Z_]*=[^`]*\)`.*/\1 \2/p' | sed 's/=n/=17/g'
}

# same_as LIBRARY SECTION: the two settings of each row have the same effect; options that they do not set are the
# kernel's with both libraries.
same_as() {
	local there here theirs count=0

	while read -r there here <&9; do
		see "$1" "$there"
		theirs=$(sed '/^errno/d; s/^/'"$there"' /' <<<"$output")
		see "$SHIM" KEEPALIVE_SHIM_IDLE=kernel KEEPALIVE_SHIM_INTERVAL=kernel KEEPALIVE_SHIM_COUNT=kernel "$here"
		assert_equal "$(sed '/^errno/d; s/^/'"$there"' /' <<<"$output")" "$theirs"
		# shellcheck disable=SC2154 # set by run
		assert_equal "$stderr" ''
		count=$((count + 1))
	done 9< <(rows "$2")
	[ "$count" = 5 ]
}

@test "libkeepalive0: each row of the table gives the same sockets as libkeepalive0 does" {
	need "$LIBKEEPALIVE" libkeepalive0
	same_as "$LIBKEEPALIVE" libkeepalive
	# Values have an effect: if neither library were loaded, each row would also be the same.
	see "$LIBKEEPALIVE" KEEPIDLE=17
	assert_line --partial 'client keepalive=1 idle=17 interval=75'
	see "$LIBKEEPALIVE" KEEPALIVE=no
	assert_line --partial 'client keepalive=1'
	see "$SHIM" KEEPALIVE_SHIM=no
	assert_line --partial 'client keepalive=0'
}

@test "libdontdie0: each row of the table gives the same sockets as libdontdie0 does" {
	need "$LIBDONTDIE" libdontdie0
	same_as "$LIBDONTDIE" libdontdie
	see "$LIBDONTDIE" DD_TCP_KEEPALIVE_TIME=17
	assert_line --partial 'client keepalive=1 idle=17 interval=75'
}

@test "msantos: the settings in the table are accepted and do what it promises" {
	local here

	for here in $(sed -n '/^## msantos/,/^## What/p' "$REPOSITORY/scripts/deploy/MIGRATION.md" |
		grep -o '`KEEPALIVE_[A-Z_]*=[^`]*`' | tr -d '`' | sed 's/=n/=17/'); do
		see "$SHIM" "$here"
		[ "$here" = KEEPALIVE_SHIM_LOG=stderr ] || assert_equal "$here: $stderr" "$here: "
		case $here in
		KEEPALIVE_SHIM_LOG=stderr) [[ $stderr == *'client 127.0.0.1:'* ]] ;;
		KEEPALIVE_SHIM_ROLE=client) assert_line --partial 'listener keepalive=0' ;;
		KEEPALIVE_SHIM_ROLE=server) assert_line --partial 'accepted keepalive=1' ;;
		KEEPALIVE_SHIM_IDLE=*) assert_line --partial 'client keepalive=1 idle=17' ;;
		KEEPALIVE_SHIM_INTERVAL=*) assert_line --partial 'interval=17' ;;
		KEEPALIVE_SHIM_COUNT=*) assert_line --partial 'count=17' ;;
		KEEPALIVE_SHIM_USER_TIMEOUT=150s) assert_line --partial 'user-timeout=150000' ;;
		esac
	done
	see "$SHIM" KEEPALIVE_SHIM_USER_TIMEOUT=auto
	assert_line --partial 'client keepalive=1 idle=60 interval=10 count=6 user-timeout=120000'
	see "$SHIM" KEEPALIVE_SHIM_USER_TIMEOUT=150000
	assert_line --partial 'user-timeout=0'
	assert [ -n "$stderr" ]
}

# different LIBRARY IDLE INTERVAL: what the page says of both libraries; only the names of their variables differ.
different() {
	local library=$1 idle=$2 interval=$3

	see "$library"
	assert_line 'client keepalive=1 idle=7200 interval=75 count=9 user-timeout=0'
	see "$library" "$idle=5m" "$interval=abc"
	assert_line --partial 'client keepalive=1 idle=5 interval=75'
	assert_line 'errno 22'
	assert_equal "$stderr" ''
	see "$library" "$idle=33" -- own
	assert_line --partial 'client keepalive=1 idle=77'
	assert_equal "$(inherited "$library")" 'inherited keepalive=0'
	if [ "$(id -u)" = 0 ]; then
		see "$library" -- raw
		assert_line 'raw 1'
	fi
}

# inherited LIBRARY: the options of a listener that is inherited as descriptor 0, as from inetd.
inherited() {
	python3 -c 'import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
os.dup2(listener.fileno(), 0)
os.environ["LD_PRELOAD"] = sys.argv[1]
os.execvp("python3", ["python3", "-B", sys.argv[2], "inherited"])' "$1" "$DIRECTORY/see.py" |
		grep -o '^inherited keepalive=.'
}

@test "what behaves differently: the other libraries" {
	[ -n "$LIBKEEPALIVE$LIBDONTDIE" ] || need '' 'either library'
	[ -z "$LIBKEEPALIVE" ] || different "$LIBKEEPALIVE" KEEPIDLE KEEPINTVL
	[ -z "$LIBDONTDIE" ] || different "$LIBDONTDIE" DD_TCP_KEEPALIVE_TIME DD_TCP_KEEPALIVE_INTVL
}

@test "what behaves differently: keepalive-shim" {
	see "$SHIM"
	assert_line 'client keepalive=1 idle=60 interval=10 count=6 user-timeout=0'
	assert_line 'errno 0'
	see "$SHIM" KEEPALIVE_SHIM_IDLE=5m KEEPALIVE_SHIM_INTERVAL=abc
	assert_line --partial 'client keepalive=1 idle=300 interval=10'
	assert_line 'errno 0'
	assert_equal "$(wc -l <<<"$stderr") $(grep -c "KEEPALIVE_SHIM_INTERVAL 'abc'" <<<"$stderr")" '1 1'
	see "$SHIM" KEEPALIVE_SHIM_IDLE=33 -- own
	assert_line --partial 'client keepalive=1 idle=77'
	see "$SHIM" KEEPALIVE_SHIM_IDLE=33 KEEPALIVE_SHIM_MODE=force -- own
	assert_line --partial 'client keepalive=1 idle=33'
	assert_equal "$(inherited "$SHIM")" 'inherited keepalive=1'
	if [ "$(id -u)" = 0 ]; then
		see "$SHIM" -- raw
		assert_line 'raw 0'
	fi
}
