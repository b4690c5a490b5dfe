# A whole Debian system with the library in /etc/ld.so.preload installs packages, answers debconf, logs in by ssh, runs
# cron, a mail server and a build: all output and every log are the same as without it. In scripts/test --all it installs
# the 19 packages that system.sh uses, in --suites (THOROUGH) 52.
load ../helpers
load ../deploy/root

# live FOLDER LIBRARY: runs system.sh on such a host; all output and logs are in FOLDER/said.
live() {
	mkdir -p "$1/source"
	cp "$TESTS/suites/system.packages" "$1/"
	[ "${THOROUGH-}" ] || sed -i '/^# In scripts/,$d' "$1/system.packages"
	cp -r "$REPOSITORY/shim" "$REPOSITORY/Makefile" "$1/source/"
	[ -z "$2" ] || cp "$2" "$1/library.so"
	in_root "$1" "library=${2:+/mnt/library.so}; $(cat "$TESTS/suites/system.sh")"
}

# said FOLDER: all files there, without what differs from run to run: times, numbers, keys, addresses.
said() {
	(
		cd "$1/said" || exit
		find . -type f ! -name faillog ! -name lastlog ! -name wtmp ! -name '*.gz' | LC_ALL=C sort | while read -r file; do
			echo "== $file" | sed 's/[0-9]\{4,\}/N/g'
			tr -d '\r' <"$file" | sed -e 's/SHA256:[A-Za-z0-9+\/]*/KEY/g' -e 's/ssh-ed25519 [A-Za-z0-9+\/=]*/KEY/g' \
				-e 's/[A-Z][a-z][a-z]  *[0-9]* [0-9:]\{8\}/TIME/g' -e 's/[0-9]\{4\}[-/][0-9-]*[T ][0-9:.]*[-+0-9:]*/TIME/g' \
				-e 's/0x[0-9a-f]*/N/g' -e 's/[0-9][0-9.]*/N/g' -e 's/\<[0-9A-F]\{8,\}\>/ID/g' -e 's/(N[^)]*)/(N)/g' \
				-e 's/ [A-Za-z0-9]*-[A-Za-z0-9]*-[A-Za-z0-9]* \([<=C]\)/ MAIL \1/'
		done
	)
}

@test "/etc/ld.so.preload: a Debian system installs packages, logs in, runs cron, builds, and no log has additional lines" {
	clean_root
	ROOT=$("$TESTS/worlds/roots" host 2>&1) || skip "$ROOT"
	live "$BATS_TEST_TMPDIR/without" ""
	live "$BATS_TEST_TMPDIR/with" "$SHIM"
	said "$BATS_TEST_TMPDIR/without" >"$BATS_TEST_TMPDIR/a"
	said "$BATS_TEST_TMPDIR/with" >"$BATS_TEST_TMPDIR/b"
	run grep -c "" "$BATS_TEST_TMPDIR/a"
	echo "# $output lines compared" >&3
	assert_equal "$(cat "$BATS_TEST_TMPDIR/without/loaded")" 0
	refute [ "$(cat "$BATS_TEST_TMPDIR/with/loaded")" = 0 ]
	# what did not work proves nothing
	mapfile -t said < <(grep -l "^status " "$BATS_TEST_TMPDIR"/with/said/*)
	run grep -L "^status 0" "${said[@]}"
	assert_output "$BATS_TEST_TMPDIR/with/said/ssh" # which ends with 3
	run diff -u "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	assert_success
}
