#!/usr/bin/env bats
# A server with a limit, full of clients that have vanished, serves again after idle + interval x count, and has
# freed everything. Without the shim it stays full.

load ../helpers
load network

setup_file() {
	measure resources
}

@test "a process for each connection: processes, descriptors and memory come back" {
	expect serves_again+memory_freed crowd-processes
	expect stays_full crowd-processes-without
}

@test "a thread for each connection: threads and descriptors come back" {
	expect serves_again crowd-threads
	expect stays_full crowd-threads-without
}

@test "one process for all connections: descriptors come back" {
	expect serves_again crowd-connections
	expect stays_full crowd-connections-without
}
