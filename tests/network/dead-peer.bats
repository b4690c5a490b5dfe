#!/usr/bin/env bats
# A dead peer is noticed after idle + interval x count, on either side and any path. On the wire: exactly count
# probes, each in time, then a reset; then the program gets the error.

load ../helpers
load network

setup_file() {
	measure dead-peer
}

@test "a server's client vanishes: count probes, RST, ETIMEDOUT" {
	expect dies server-ipv4 server-ipv6 server-other-values
}

@test "a client's server vanishes: count probes, RST, ETIMEDOUT" {
	expect dies client-ipv4 client-ipv6 client-other-values
}

@test "both ends have the shim: each finds out according to its own values" {
	expect both_die both-ipv4 both-ipv6
}

@test "a proxy: the clients' side and the servers' side each by its own rule" {
	expect proxy proxy
}

@test "user timeout auto does not change when an idle connection ends" {
	expect user_timeout=4000+dies client-user-timeout
}

@test "MPTCP: the path ends in time, the program learns of it net.mptcp.close_timeout later" {
	expect protocol=mptcp+dies_as_mptcp server-mptcp client-mptcp client-mptcp-ipv6
}

@test "non-blocking sockets: an event loop is notified of the dead peer" {
	expect dies server-async client-async
}

@test "TCP Fast Open, without a connect(): the same" {
	expect fast_open+dies server-fastopen client-fastopen
}

@test "the far host drops everything: the same" {
	expect dies drop drop-ipv6
}

@test "the cable is out, so that no probe leaves: the same error" {
	expect dies_unplugged unplug
}

@test "the route is gone, so that no probe leaves: in the same time, for IPv6 with the route's error" {
	expect dies_unheard unroute
	expect dies_unreachable unroute-ipv6
}

@test "the far host is back after a crash: its RST to the first probe ends the wait" {
	expect is_reset replace replace-ipv6
}

@test "without the shim nothing is sent and neither end notices" {
	expect untouched+waits server-without client-without replace-without
}

@test "without the shim MPTCP waits too" {
	expect untouched+waits mptcp-without
}

@test "the other role's connections send no probes either" {
	expect untouched+waits server-role-client client-role-server
}

@test "a healthy peer answers every probe and nothing dies" {
	expect lives server-healthy client-healthy
}

@test "a connection survives an outage that is over before the last probe" {
	expect survives outage
}
