#!/usr/bin/env bats
# A NAT or firewall that forgets an idle connection cuts it, unless probes keep its entry alive.

load ../helpers
load network

setup_file() {
	measure middlebox
}

@test "NAT forgets an idle client, who then speaks to nobody" {
	expect nat heard
	expect nat-without cut
}

@test "NAT forgets an idle client, and the server's message does not reach it" {
	expect nat-push heard
	expect nat-push-without cut
}

@test "the server's probes keep the client's NAT entry alive as well" {
	expect nat-kept-by-server heard
}

@test "a stateful firewall for IPv6 does the same" {
	expect firewall-ipv6 heard
	expect firewall-ipv6-without cut
}
