#!/usr/bin/env bats
# Well-known programs notice a dead peer on time, and say so as they say it.

load ../helpers
load network

setup_file() {
	measure programs
}

@test "nc, listening and connecting, ends" {
	expect nc-server dies_silently
	expect nc-client dies_silently
}

@test "socat, listening and connecting: Connection timed out" {
	expect socat-server dies
	expect socat-client dies
}

@test "curl in the middle of a download, with mode=force: Connection timed out" {
	expect curl-client dies
}

@test "curl sets keepalive of its own: those values stay, ours fill in what it leaves" {
	expect curl-respected keepalive=1 idle=60 interval=60 waits
}

@test "nginx logs the client's connection as timed out and goes on" {
	expect nginx-server dies
}

@test "redis logs the client's connection as timed out and goes on" {
	expect redis-server dies
}

@test "sshd ends the session of a vanished client" {
	expect sshd-server connection_dies
}

@test "ssh gives up a vanished server" {
	expect ssh-client dies_with_broken_pipe
}
