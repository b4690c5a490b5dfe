# For the suites that inspect running processes from outside: programs to inspect, and users who may not.
# shellcheck shell=bash

NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# talk ARGUMENT...: a program that sets no keepalive (tests/programs/talk.py), as a background process.
talk() {
	background python3 "$TESTS/programs/talk.py" "$@"
}

# pairs COUNT: one that has both ends of COUNT connections; its pid is in $PAIRS. Returns when all of them are open.
pairs() {
	talk pairs "$1"
	PAIRS=$!
	await 15 has_connections "$PAIRS" $(($1 * 2))
}

# talk_as_nobody ARGUMENT...: the same, as an unprivileged user.
# The program's text is an argument, because that user may have no access to the file.
talk_as_nobody() {
	background "${NOBODY[@]}" python3 -c "$(cat "$TESTS/programs/talk.py")" "$@"
}

# as_nobody ARGUMENT...: the command, run by an unprivileged user who may have no access to the build directory.
as_nobody() {
	"${NOBODY[@]}" "$PUBLIC/keepalive" "$@"
}

# make_public: a copy of the command that every user may run.
make_public() {
	require setpriv
	require_root
	"${NOBODY[@]}" python3 -c '' 2>/dev/null || skip "other users cannot run python3"
	PUBLIC=$(mktemp -d)
	chmod 755 "$PUBLIC"
	install -m 755 "$KEEPALIVE" "$PUBLIC/keepalive"
}

teardown() {
	end_background
	[ -z "${PUBLIC-}" ] || rm -r "$PUBLIC"
}

# static_supervised FILE: tests/programs/supervised.c, linked statically; skips the test if that fails.
static_supervised() {
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$1" \
		"$TESTS/programs/supervised.c" || skip_as static
}

# link_static FOLDER: the command, linked statically into FOLDER.
link_static() {
	copy_objects "$1"
	make -s -C "$REPOSITORY" BUILD="$1" LDFLAGS=-static "$1/keepalive" 2>/dev/null && return
	rm -r "$1/command-objects" # those of make coverage need more than a C library
	make -s -C "$REPOSITORY" BUILD="$1" LDFLAGS=-static "$1/keepalive" 2>/dev/null
}

# static_keepalive FOLDER: the same; skips the test if that fails.
static_keepalive() {
	link_static "$1" || skip_as static
}

# child_of PID: its child, once it has one.
child_of() {
	await 15 grep -q . "/proc/$1/task/$1/children" || return 1
	tr -d ' ' <"/proc/$1/task/$1/children"
}

# has_connections PID COUNT: whether the process has exactly so many connections.
has_connections() {
	[ "$(sockets "$1" state=ESTABLISHED | wc -l)" = "$2" ]
}

# in_namespace COMMAND...: runs it in the background in a network namespace of its own, with loopback.
in_namespace() {
	background unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$@"
}

# require_refuse: skips the test if the program that makes system calls fail was not built.
require_refuse() {
	[ -x "$PROGRAMS/refuse" ] || skip "tests/programs/refuse.c is not built"
}

# children_that WORD PID: the children of a process whose command line has this word.
children_that() {
	local child

	for child in $(cat "/proc/$2/task/$2/children"); do
		! tr '\0' ' ' <"/proc/$child/cmdline" | grep -q " $1" || echo "$child"
	done 2>/dev/null
}

# guard_of PID: the process that starts another supervisor if that of PID is killed.
guard_of() {
	children_that guarding "$1"
}

# supervisors_of PID: its supervisors, once their command lines name them so.
supervisors_of() {
	local guard

	for guard in $(guard_of "$1"); do
		children_that supervising "$guard"
	done
}

# kill_both PID: kills its supervisor and its guard.
kill_both() {
	local beside guard

	beside=$(supervisor_of "$1")
	guard=$(guard_of "$1")
	kill -KILL "$guard"
	await 5 test ! -e "/proc/$guard/exe"
	kill -KILL "$beside"
	await 5 test ! -e "/proc/$beside/exe"
}

has_supervisor() {
	[ -n "$(supervisors_of "$1")" ]
}

# supervisor_of PID: its supervisor, once there is one.
supervisor_of() {
	await 10 has_supervisor "$1" || return 1
	supervisors_of "$1"
}
