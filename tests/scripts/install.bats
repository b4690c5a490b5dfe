#!/usr/bin/env bats
# scripts/install installs what is missing and nothing else, on both distributions. The package managers, and sudo,
# are stand-ins that record how they were called.

load ../helpers

setup() {
	PLACE=$BATS_TEST_TMPDIR/bin
	mkdir "$PLACE"
	for program in sh sed grep sort head mktemp mkdir rm dirname env cat; do
		ln -s "$(command -v $program)" "$PLACE/$program"
	done
	export INSTALLED=$BATS_TEST_TMPDIR/installed ASKED=$BATS_TEST_TMPDIR/asked
	touch "$INSTALLED" "$ASKED"
	stand_in id 'echo 1000'
	stand_in sudo 'case $1 in sh | rm) ;; *) exec "$@" ;; esac' # without writing or removing /usr/sbin/policy-rc.d
	export TMPDIR=$BATS_TEST_TMPDIR XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
}

stand_in() { # NAME SCRIPT
	printf '#!/bin/sh\n%s\n' "$2" >"$PLACE/$1"
	chmod 755 "$PLACE/$1"
}

# Installs all packages that it is given; if fish is one of them, fails and installs none.
adds='case " $* " in *" fish "*) echo "ERROR: no such package: fish"; exit 1 ;; esac
for package; do echo "$package" >>"$INSTALLED"; done'

debian() {
	stand_in dpkg-query 'while [ $# -gt 1 ]; do shift; done; grep -qx "$1" "$INSTALLED" && echo installed'
	stand_in apt-get 'case " $* " in
*" --print-uris "*) echo "After this operation, 136 kB of additional disk space will be used."; exit ;;
esac
echo "apt-get $*" >>"$ASKED"
for word; do
	shift
	[ "$word" != update ] || exit 0
	[ "$word" != install ] || break
done
'"$adds"
}

alpine() {
	stand_in apk 'case "$1" in
info) grep -qx "$3" "$INSTALLED"; exit ;;
esac
echo "apk $*" >>"$ASKED"
[ "$1" = add ] || exit 0
shift
'"$adds"
}

install() {
	run env PATH="$PLACE" "$REPOSITORY/scripts/install" "$@"
}

only_what_is_missing() {
	echo make >"$INSTALLED"
	install demo
	assert_success
	assert_line --regexp '^Installing demo: gcc .*python3'
	refute_line --regexp '^Installing demo:.* make( |$)'
	run cat "$ASKED"
	assert_line --index 0 --partial update
	assert_line --index 1 --regexp ' gcc .*python3'
	refute_line --index 2 --partial " "

	: >"$ASKED"
	install demo
	assert_success
	assert_output ""
	[ ! -s "$ASKED" ]
}

one_that_cannot_be_had() {
	install deploy
	assert_failure 1
	assert_line "ERROR: no such package: fish"
	assert_line "Could not be installed: fish"
	grep -qx mandoc "$INSTALLED"
	grep -qx zsh "$INSTALLED"
}

@test "Debian: what is missing, and nothing else, is named and installed; then nothing is asked for" {
	debian
	only_what_is_missing
}

@test "Alpine: what is missing, and nothing else, is named and installed; then nothing is asked for" {
	alpine
	only_what_is_missing
}

@test "Debian: a package that is not available does not prevent the others from being installed" {
	debian
	one_that_cannot_be_had
}

@test "Alpine: a package that is not available does not prevent the others from being installed" {
	alpine
	one_that_cannot_be_had
}

@test "neither root nor sudo: an error, with what is missing" {
	debian
	rm "$PLACE/sudo"
	install demo
	assert_failure 1
	assert_output --partial "installing packages needs root, sudo or doas"
	assert_output --regexp "Could not be installed: make gcc .*python3"
}

@test "no network: named first, before what each package lacks" {
	debian
	stand_in apt-get 'case " $* " in *" update "*) echo "W: Failed to fetch the lists" ;;
*) echo "E: Unable to locate package make"; exit 1 ;; esac'
	install demo
	assert_failure 1
	assert_line --index 1 "W: Failed to fetch the lists"
	assert_line --index 2 "E: Unable to locate package make"
}

@test "the disk space is printed before anything is installed" {
	debian
	install core
	assert_line --index 0 --partial "Installing core: "
	assert_line --index 1 "  (136 kB of disk space)"
}

# remembers MANAGER WORDS: what was installed is listed, what was there before is not, and it can be removed.
remembers() {
	echo make >"$INSTALLED"
	install demo
	install --packages zsh
	install --list
	assert_line zsh
	assert_line gcc
	refute_line make
	: >"$ASKED"
	install --remove
	assert_success
	run cat "$ASKED"
	assert_output --regexp "^$1 .*gcc .* zsh$"
	refute_output --regexp ' (make|-y)( |$)'
}

@test "Debian: what was installed is remembered, and removed again after apt-get has asked" {
	debian
	remembers 'apt-get remove --auto-remove'
}

@test "Alpine: what was installed is remembered, and removed again after apk has asked" {
	alpine
	remembers 'apk --interactive del'
}

# cleaned: runs scripts/test --clean in a copy of the files that it needs, without a terminal.
cleaned() {
	mkdir -p "$BATS_TEST_TMPDIR/tree/build" "$XDG_CACHE_HOME/keepalive-shim/worlds"
	[ -e "$BATS_TEST_TMPDIR/tree/scripts" ] || cp -r "$REPOSITORY/scripts" "$BATS_TEST_TMPDIR/tree/"
	echo 1 | tee "$BATS_TEST_TMPDIR/tree/build/x" >"$XDG_CACHE_HOME/keepalive-shim/worlds/x"
	ln -sf "$(command -v du)" "$(command -v cut)" "$PLACE/"
	run env PATH="$PLACE" "$BATS_TEST_TMPDIR/tree/scripts/test" --clean </dev/null
}

@test "scripts/test --clean removes what was built and fetched, and lists the packages that were installed" {
	debian
	cleaned
	assert_success
	assert_line --regexp '^Removing build \([0-9.]+K\)$'
	assert_line --partial "Removing $XDG_CACHE_HOME/keepalive-shim/worlds ("
	[ ! -e "$BATS_TEST_TMPDIR/tree/build" ]
	[ ! -e "$XDG_CACHE_HOME/keepalive-shim" ]
	echo make >"$INSTALLED"
	install --packages zsh
	cleaned
	assert_line "Packages that scripts/install has installed: zsh"
	assert_line "To remove them: scripts/install --remove"
	install --remove
	: >"$INSTALLED"
	cleaned
	refute_line --partial Packages
	[ ! -e "$XDG_CACHE_HOME/keepalive-shim" ]
}

@test "neither apt-get nor apk: scripts/test --clean took the message for packages, and left its folder" {
	install --list
	assert_success
	assert_output ""
	install demo
	assert_success
	assert_output "scripts/install: neither apt-get nor apk is here; tests whose programs are missing are skipped"
	cleaned
	assert_success
	refute_line --partial Packages
	[ ! -e "$XDG_CACHE_HOME/keepalive-shim" ]
}

@test "interrupted while packages are being installed: no file is left" {
	debian
	stand_in apt-get 'case " $* " in *" update "*) kill -TERM "$PPID" ;; esac'
	install demo
	assert_failure 1
	run find "$TMPDIR" -name 'tmp.*'
	assert_output ""
}

@test "a group that does not exist is an error" {
	debian
	install cores
	assert_failure 2
	assert_output "scripts/install: unknown group 'cores' (scripts/packages lists them)"
}

@test "each group has a line for Debian, and each line is a group, a distribution and packages" {
	run grep -vE '^#|^$|^[a-z]+ +(debian|alpine) +[a-z0-9][a-z0-9+. -]+$' "$REPOSITORY/scripts/packages"
	assert_output ""
	for group in $(sed -n 's/^\([a-z]*\) .*/\1/p' "$REPOSITORY/scripts/packages" | sort -u); do
		grep -qE "^$group +debian " "$REPOSITORY/scripts/packages"
	done
}
