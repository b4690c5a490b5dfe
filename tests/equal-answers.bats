#!/usr/bin/env bats
# Equal answers: the same settings give the same values by preload, by supervision and by attach.

load helpers

# The known differences, as tests/programs/answers.py prints them ("SETTINGS MODE OWN ADDRESS: ROLE"):
# - A supervisor does not see a program's own user timeout that is too short for its idle time.
# - attach runs after the program has set its own count, and "off" leaves that as it is. The others undo it at once,
#   because the peer is not known yet.
DIFFERENCES='IDLE=kernel respect own user_timeout=400000 127.0.0.1: client
IDLE=kernel respect own user_timeout=400000 127.0.0.1: server
RULES=role=client_peer=LOCAL_off force own count=4 127.0.0.1: client'

@test "settings x roles x families x own options: preload, supervision and attach give the same values" {
	require unshare ip python3
	require_unshare -rn
	local answers=$BATS_TEST_TMPDIR/answers
	unshare -rn sh -c 'ip link set lo up && exec "$@"' -- python3 "$TESTS/programs/answers.py" \
		"$SHIM" "$KEEPALIVE" "$PROGRAMS/values" >"$answers"
	local rows
	rows=$(cut -d: -f1 "$answers" | sort -u | wc -l)
	echo "# $rows rows" >&3
	[ "$rows" -ge 60 ]
	run sed -n 's/ preload=.* differs$//p' "$answers"
	assert_equal "$(sort <<<"$output")" "$(sort <<<"$DIFFERENCES")"
}
