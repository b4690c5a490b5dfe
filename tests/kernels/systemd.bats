# systemd as the first process of an emulated machine: the drop-in of scripts/deploy as it stands, and
# /etc/ld.so.preload, with services of each kind.
load ../helpers
load emulated

# systemd HOW [FILE...]: starts it as systemd.sh describes; what it and its services print is in $output.
systemd() {
	emulation_or_skip
	BOOT_SECONDS=1200 boot bookworm-systemd "$SHIM" "${@:2}" "$REPOSITORY/scripts/deploy/systemd/keepalive-shim.conf" \
		"$TESTS/kernels/systemd.sh" "$TESTS/kernels/units.py" -- "how=$1; . ./systemd.sh"
}

# services_are_served: a plain service, one by socket activation, one for each connection, and a confined one all have
# keepalive; a service whose filter kills for getsockopt() shows that filters take effect.
services_are_served() {
	local end

	for end in listener client accepted; do
		assert_line "plain: $end 1 60 10 6"
	done
	assert_line "activated: listener 1 60 10 6"
	assert_line "activated: accepted 1 60 10 6"
	assert_line "each: connection 1 60 10 6"
	assert_line "confined: runs, its output is the journal"
	assert_line "confined.service: 0"
	assert_line "asking.service: 31" # SIGSYS: the filter takes effect
	assert_line "failed: asking.service "
	filters_are_kept_to
}

# filters_are_kept_to: options that a service's filter allows are set; if it refuses or would kill, the service behaves as
# without the library.
filters_are_kept_to() {
	local form each='1 60 10 6, 1 60 10 6, 1 60 10 6' untouched='0 7200 75 9, 0 7200 75 9, 0 7200 75 9'

	for form in allow deny lists logged; do
		assert_line "$form: $each"
	done
	for form in deny-refused number; do
		assert_line "$form: $untouched"
	done
	for form in no-network no-options no-options-rules; do
		assert_line "$form: runs"
	done
	assert_equal "$(grep -c '^form-.*: 0$' <<<"$output")" 9
}

@test "the drop-in: services of each kind have keepalive, and none fails because of it" {
	require_thorough
	systemd drop-in
	services_are_served
	refute_line "systemd has the library"
}

@test "/etc/ld.so.preload: the whole system starts with it, services have keepalive, and none fails because of it" {
	systemd host
	services_are_served
	assert_line "systemd has the library"
}

@test "DefaultEnvironment= as on the page of deployments: all services have keepalive, systemd is without it" {
	require_thorough
	sed -n '/^\[Manager\]$/,/^```$/{ /^```/d; p }' "$REPOSITORY/scripts/deploy/README.md" >"$BATS_TEST_TMPDIR/default.conf"
	systemd default "$BATS_TEST_TMPDIR/default.conf"
	services_are_served
	refute_line "systemd has the library"
}

@test "keepalive enable: dynamic, static, activated and confined services have keepalive; --now restarts and checks" {
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O1 -static -w -o "$BATS_TEST_TMPDIR/static-program" "$TESTS/programs/armed.c" ||
		skip_as static
	systemd enable "$KEEPALIVE" "$BATS_TEST_TMPDIR/static-program"
	refute_line --partial "enable: "
	assert_line "plain: listener 1 26 10 6"
	assert_line "plain: client 1 25 10 6"
	assert_line "activated: accepted 1 26 10 6"
	assert_line "each: connection 1 26 10 6"
	assert_line "confined: runs, its output is the journal"
	assert_line --partial "keepalive=1 idle=25 interval=10 count=6"
	assert_line --regexp "^[0-9]+: yes, by preload, idle=77s interval=10s count=6"
	assert_line "check: 0"
	assert_line "grouped: listener 1 28 10 6"
	assert_line "grouped: client 1 27 10 6"
	assert_line "grouped: accepted 1 28 10 6"
	assert_line --regexp "^[0-9]+: yes, by its control group /system.slice/late.service, idle=78s interval=10s count=6"
	assert_line "check of the group: 0"
	assert_line "left: 0"
	assert_line --partial "/etc/systemd/system/late.service.d/zz-keepalive-shim.conf: removed"
}
