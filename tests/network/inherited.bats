#!/usr/bin/env bats
# A server that did not open its socket itself notices a dead client too. Only the service has the shim, not the
# super-server that listens.

load ../helpers
load network

setup_file() {
	measure inherited
}

@test "a listener on standard input" {
	expect dies listener-on-stdin
}

@test "inetd, wait: the listener is the service's" {
	expect dies inetd-wait
}

@test "inetd, nowait: the connection is the service's" {
	expect dies inetd-nowait
}

@test "socat runs a program for each connection" {
	expect dies socat-exec
}

@test "socket activation: the connection that started the service was queued before it" {
	expect dies socket-activation
}

@test "socket activation as inetd does it, wait and nowait" {
	expect dies socket-activation-on-stdin socket-activation-accept
}

@test "without the shim they wait" {
	expect untouched+waits listener-on-stdin-without inetd-nowait-without socket-activation-without
}
