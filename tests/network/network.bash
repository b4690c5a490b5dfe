# What the network suites load besides helpers. The cases of a file are measured once, all at the same time, and each
# test compares reports with what is expected. The reports stay in build/network/.
# shellcheck shell=bash

REPORTS=$BUILD/network

# measure GROUP|CASE...: runs the cases (cases.py). For setup_file.
measure() {
	SHIM=$SHIM python3 -ESB "$TESTS/network/cases.py" "$REPORTS" "$@" 3>&- 4>&-
}

# expect EXPECTATION[+EXPECTATION...] CASE...: the reports of these cases are as expected (expect.py); prints the figures.
expect() {
	run python3 -ESB "$TESTS/network/expect.py" "$REPORTS" "$@"
	[ "$status" -ne 77 ] || skip "$output"
	printf '# %s\n' "${lines[@]}" >&3
	assert_success
}
