#!/usr/bin/env bats
# A server with a limit, full of clients that have vanished, serves again after idle + interval x count,
# and has given everything back. Without the shim it stays full.

load ../helpers
load network

setup_file() {
	measure resources
}

@test "a process for each connection: processes, descriptors and memory come back" {
	expect crowd-processes serves_again memory_freed
	expect crowd-processes-without stays_full
}

@test "a thread for each connection: threads and descriptors come back" {
	expect crowd-threads serves_again
	expect crowd-threads-without stays_full
}

@test "one process for all connections: descriptors come back" {
	expect crowd-connections serves_again
	expect crowd-connections-without stays_full
}
