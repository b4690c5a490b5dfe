#!/usr/bin/env bats
# A NAT or firewall that forgets idle connections cuts them, unless probes keep their entries alive.

load ../helpers
load network

setup_file() {
	measure middlebox
}

@test "NAT forgets an idle client, whose messages then reach nobody" {
	expect heard nat
	expect cut nat-without
}

@test "NAT forgets an idle client, and the server's message does not reach it" {
	expect heard nat-push
	expect cut nat-push-without
}

@test "the server's probes keep the client's NAT entry alive as well" {
	expect heard nat-kept-by-server
}

@test "a stateful firewall for IPv6 does the same" {
	expect heard firewall-ipv6
	expect cut firewall-ipv6-without
}
