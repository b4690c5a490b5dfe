# `keepalive cgroup`: the values of a control group's sockets. The cases are in cases.py.

load ../helpers
load group

setup() {
	group_or_skip
}

# cases SECTION
cases() {
	run there python3 -B "$TESTS/cgroup/cases.py" "$KEEPALIVE" "$1"
	assert_success
	refute_output --partial "not ok"
}

@test "every TCP socket of a group has the settings, and no other socket" {
	cases plain
}

@test "rules apply to peers, ports and roles" {
	cases rules
}

@test "respect leaves the program its own values, force does not" {
	cases "who wins"
}

@test "groups in groups, groups attached to again, groups detached from" {
	cases groups
}

@test "sockets that are open already get the settings too" {
	cases open
}

@test "open sockets without a descriptor, under force, or in inner groups: by the kernel's iterator" {
	run there python3 -B "$TESTS/cgroup/cases.py" "$KEEPALIVE" iterator
	[[ $output != skip:* ]] || skip "$output"
	assert_success
	refute_output --partial "not ok"
}
