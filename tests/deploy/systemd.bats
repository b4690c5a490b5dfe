#!/usr/bin/env bats
# The systemd drop-in: systemd accepts it as it is, and complains about a broken one.

load ../helpers

# verify CONTENT: systemd's messages about a unit with this drop-in.
verify() {
	local units=$BATS_TEST_TMPDIR/units

	mkdir -p "$units/echo.service.d"
	printf '[Service]\nExecStart=/bin/true\n' >"$units/echo.service"
	printf '%s\n' "$1" >"$units/echo.service.d/keepalive-shim.conf"
	run env SYSTEMD_UNIT_PATH="$units:" systemd-analyze verify "$units/echo.service"
}

@test "systemd accepts the drop-in silently, and complains of a misspelt one" {
	require systemd-analyze
	local drop_in

	drop_in=$(cat "$REPOSITORY"/scripts/deploy/systemd/*.conf)
	verify "$drop_in"
	assert_success
	refute_output --partial keepalive-shim.conf
	verify "${drop_in//Environment=/Enviroment=}"
	assert_output --partial keepalive-shim.conf
}
