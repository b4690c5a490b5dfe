# What the network suites load besides helpers: cases are measured once per file, side by side, and
# each test judges reports. The reports stay in build/network/.
# shellcheck shell=bash

REPORTS=$BUILD/network

# measure GROUP|CASE...: runs the cases (cases.py). For setup_file.
measure() {
	SHIM=$SHIM python3 -ESB "$TESTS/network/cases.py" "$REPORTS" "$@" 3>&- 4>&-
}

# expect EXPECTATION[+EXPECTATION...] CASE...: judges their reports (expect.py), prints the measured.
expect() {
	run python3 -ESB "$TESTS/network/expect.py" "$REPORTS" "$@"
	[ "$status" -ne 77 ] || skip "$output"
	printf '# %s\n' "${lines[@]}" >&3
	assert_success
}
