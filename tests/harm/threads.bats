# Many threads for long.

load ../helpers

@test "64 threads x 10,000 sockets on the same descriptor numbers: each TCP socket has keepalive, no other" {
	run shimmed KEEPALIVE_RULES='peer=127.0.0.1 idle=20' "$PROGRAMS/threads" 64 10000
	assert_success
	assert_output "64 threads x 10000 sockets: 0 wrong"
}
