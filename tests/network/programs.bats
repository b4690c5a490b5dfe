#!/usr/bin/env bats
# Well-known programs notice a dead peer in time, and report it in their own way.

load ../helpers
load network

setup_file() {
	measure programs
}

@test "nc, listening and connecting, ends" {
	expect dies_silently nc-server nc-client
}

@test "socat, listening and connecting: Connection timed out" {
	expect dies socat-server socat-client
}

@test "curl in the middle of a download, with mode=force: Connection timed out" {
	expect dies curl-client
}

@test "curl sets keepalive of its own: its values stay, ours apply to the options that it does not set" {
	expect keepalive=1+idle=60+interval=60+waits curl-respected
}

@test "nginx logs the client's connection as timed out and continues" {
	expect dies nginx-server
}

@test "redis logs the client's connection as timed out and continues" {
	expect dies redis-server
}

@test "sshd ends the session of a vanished client" {
	expect connection_dies sshd-server
}

@test "ssh gives up when its server vanishes" {
	expect dies_with_broken_pipe ssh-client
}
