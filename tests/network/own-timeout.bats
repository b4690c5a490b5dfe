# A program's own TCP_USER_TIMEOUT replaces the count of probes: if it is shorter than idle + 2 x interval, one
# lost probe would end a healthy connection.

load ../helpers

teardown() {
	[ -z "${DATA-}" ] || rm -rf "$DATA"
}

@test "a program's own user timeout and an outage when a probe leaves: the connection lives, as without the shim" {
	require_root # SO_ATTACH_FILTER on TCP
	require python3
	run shimmed KEEPALIVE_SHIM_IDLE=3 KEEPALIVE_SHIM_INTERVAL=1 python3 "$TESTS/network/own_timeout.py"
	assert_success
	assert_output "after lives
before lives
listener lives"
	# With force the connections do end, which shows that the outage is at the worst moment.
	run shimmed KEEPALIVE_SHIM_IDLE=3 KEEPALIVE_SHIM_INTERVAL=1 KEEPALIVE_SHIM_USER_TIMEOUT=2s KEEPALIVE_SHIM_MODE=force \
		python3 "$TESTS/network/own_timeout.py"
	refute_output --partial lives
}

# An outage from 57 s to 72 s, with all times divided by ten. psql.py with IDLE=60 uses the real times.
@test "psql with tcp_user_timeout and an outage when a probe leaves: it has its answer, as without the shim" {
	local programs

	require_root
	require psql setpriv python3
	for programs in /usr/lib/postgresql/*/bin /usr/libexec/postgresql*; do
		[ ! -x "$programs/initdb" ] || break
	done
	[ -x "$programs/initdb" ] || skip_as postgresql
	DATA=$(mktemp -d /tmp/postgres.XXXXXX)
	chown nobody "$DATA"
	(cd / && setpriv --reuid=nobody --regid=nogroup --clear-groups "$programs/initdb" -D "$DATA" -U postgres -A trust --no-sync) >/dev/null
	echo 'host all all 198.18.0.0/15 trust' >>"$DATA/pg_hba.conf"
	run -0 --separate-stderr env SHIM="$SHIM" python3 -ESB "$TESTS/network/psql.py" "$programs" "$DATA" 6
	assert_output "without answered
with answered
forced server closed the connection unexpectedly"
}
