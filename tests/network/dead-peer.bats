#!/usr/bin/env bats
# A peer that is gone is noticed after idle + interval x count, whichever side and path; on the wire:
# exactly count probes, each in time, then a reset, then the error in the program.

load ../helpers
load network

setup_file() {
	measure dead-peer
}

@test "a server's client vanishes: count probes, RST, ETIMEDOUT" {
	expect server-ipv4 dies
	expect server-ipv6 dies
	expect server-other-values dies
}

@test "a client's server vanishes: count probes, RST, ETIMEDOUT" {
	expect client-ipv4 dies
	expect client-ipv6 dies
	expect client-other-values dies
}

@test "both ends run the shim: each finds out by its own values" {
	expect both-ipv4 both_die
	expect both-ipv6 both_die
}

@test "a proxy: the clients' side and the servers' side each by its own rule" {
	expect proxy proxy
}

@test "the user timeout auto leaves the time of an idle connection's death as it is" {
	expect client-user-timeout user_timeout=4000 dies
}

@test "MPTCP: the path dies in time, the program learns it net.mptcp.close_timeout later" {
	[ -e /proc/sys/net/mptcp ] || skip "the kernel has no MPTCP"
	expect server-mptcp protocol=mptcp dies_as_mptcp
	expect client-mptcp protocol=mptcp dies_as_mptcp
	expect client-mptcp-ipv6 protocol=mptcp dies_as_mptcp
}

@test "non-blocking sockets: an event loop hears of the dead peer" {
	expect server-async dies
	expect client-async dies
}

@test "TCP Fast Open, which knows no connect(): the same" {
	expect server-fastopen fast_open dies
	expect client-fastopen fast_open dies
}

@test "the far host drops everything: the same" {
	expect drop dies
	expect drop-ipv6 dies
}

@test "the cable is out, so that no probe leaves: the same error" {
	expect unplug dies_unplugged
}

@test "the route is gone, so that no probe leaves: in the same time, for IPv6 with the route's error" {
	expect unroute dies_unheard
	expect unroute-ipv6 dies_unreachable
}

@test "the far host is back after a crash: its RST to the first probe ends the wait" {
	expect replace is_reset
	expect replace-ipv6 is_reset
}

@test "without the shim nothing is sent and nobody learns anything" {
	expect server-without untouched waits
	expect client-without untouched waits
	expect replace-without untouched waits
}

@test "without the shim MPTCP waits too" {
	[ -e /proc/sys/net/mptcp ] || skip "the kernel has no MPTCP"
	expect mptcp-without untouched waits
}

@test "a role that is not asked for is left alone on the wire too" {
	expect server-role-client untouched waits
	expect client-role-server untouched waits
}

@test "a healthy peer answers every probe and nothing dies" {
	expect server-healthy lives
	expect client-healthy lives
}

@test "an outage that is over before the last probe is survived" {
	expect outage survives
}
