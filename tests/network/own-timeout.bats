# A program's own TCP_USER_TIMEOUT replaces the count of probes: if it is shorter than idle + 2 x interval, one
# lost probe would end a healthy connection.

load ../helpers

@test "a program's own user timeout and an outage when a probe leaves: the connection lives, as without the shim" {
	require_root # SO_ATTACH_FILTER on TCP
	require python3
	run shimmed KEEPALIVE_SHIM_IDLE=3 KEEPALIVE_SHIM_INTERVAL=1 python3 "$TESTS/network/own_timeout.py"
	assert_success
	assert_output "after lives
before lives
listener lives"
	# The other way shows that the outage is at the worst moment.
	run shimmed KEEPALIVE_SHIM_IDLE=3 KEEPALIVE_SHIM_INTERVAL=1 KEEPALIVE_SHIM_USER_TIMEOUT=2s KEEPALIVE_SHIM_MODE=force \
		python3 "$TESTS/network/own_timeout.py"
	refute_output --partial lives
}
