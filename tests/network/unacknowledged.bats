#!/usr/bin/env bats
# While sent data is unacknowledged, no probes are sent, and other timers decide. What the manual states of the
# user timeout and the RTO cap, measured from the moment of sending.

load ../helpers
load network

setup_file() {
	measure unacknowledged
}

# 14.4 s is what net.ipv4.tcp_retries2 = 15 comes to with a cap of 1 s (Linux tcp_model_timeout()).
require_rto_max() {
	python3 -c 'import socket; socket.socket().setsockopt(6, 44, 1000)' 2>/dev/null ||
		skip_as rto-max
}

@test "the path dies while data is in flight: with keepalive alone it is not noticed within 20 s" {
	expect keepalive=1+hidden in-flight
}

@test "the path dies while data is in flight: the user timeout ends it" {
	expect user_timeout=4000+bounded:4:6 in-flight-user-timeout
}

@test "the path dies while data is in flight: the RTO cap ends it" {
	require_rto_max
	expect rto_max=1000+bounded:14.4:17.5 in-flight-rto-max
}

@test "a peer that only stops reading stays connected with keepalive alone" {
	expect keepalive=1+reader_lives stopped-reader
}

@test "a peer that only stops reading stays connected with the RTO cap" {
	require_rto_max
	expect rto_max=1000+reader_lives stopped-reader-rto-max
}

@test "a peer that only stops reading is disconnected by the user timeout" {
	expect user_timeout=4000+reader_killed:4:6 stopped-reader-user-timeout
}
