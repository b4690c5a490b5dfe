#!/usr/bin/env bats
# A server that did not open its socket itself notices a dead client too: the shim is in the service
# only, not in the super-server that listens.

load ../helpers
load network

setup_file() {
	measure inherited
}

@test "a listener on standard input" {
	expect listener-on-stdin dies
}

@test "inetd, wait: the listener is the service's" {
	expect inetd-wait dies
}

@test "inetd, nowait: the connection is the service's" {
	expect inetd-nowait dies
}

@test "socat runs a program for each connection" {
	expect socat-exec dies
}

@test "socket activation: the connection that started the service was queued before it" {
	expect socket-activation dies
}

@test "socket activation as inetd does it, wait and nowait" {
	expect socket-activation-on-stdin dies
	expect socket-activation-accept dies
}

@test "without the shim they wait" {
	expect listener-on-stdin-without untouched waits
	expect inetd-nowait-without untouched waits
	expect socket-activation-without untouched waits
}
