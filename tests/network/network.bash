# What the network suites load besides helpers: cases are measured once per file, side by side, and
# each test judges reports. The reports stay in build/network/.
# shellcheck shell=bash

REPORTS=$BUILD/network

# measure GROUP|CASE...: runs the cases (cases.py). For setup_file.
measure() {
	SHIM=$SHIM python3 -B "$TESTS/network/cases.py" "$REPORTS" "$@" 3>&- 4>&-
}

# expect CASE EXPECTATION...: judges a report (expect.py) and prints what was measured.
expect() {
	run python3 -B "$TESTS/network/expect.py" "$REPORTS" "$@"
	[ "$status" -ne 77 ] || skip "$output"
	echo "# ${lines[0]}" >&3
	assert_success
}
