# Equal answers: with the same settings, a group's sockets get the values that the preload sets.

load ../helpers
load group

# Where they differ, and why. A program that the preload serves has set its count on a socket that had ours
# from socket(2) on, so that "off" gives both back; here the socket has had nothing. A user timeout that it
# sets on what it has accepted comes too late to keep keepalive away.
DIFFERENCES='IDLE=kernel respect own user_timeout=400000 127.0.0.1: server
RULES=role=client_peer=LOCAL_off force own count=4 127.0.0.1: client'

@test "settings x roles x families x own options: cgroup gives the values that the preload gives" {
	group_or_skip
	there env CGROUP="$GROUP" python3 "$TESTS/programs/answers.py" "$SHIM" "$KEEPALIVE" "$PROGRAMS/values" >"$BATS_TEST_TMPDIR/answers"
	run -0 python3 - "$BATS_TEST_TMPDIR/answers" <<-'END'
		import re, sys
		compared = 0
		for line in open(sys.argv[1]):
		    if "cgroup=" not in line or ": socket " in line:
		        continue
		    row, preload, cgroup = re.fullmatch(r"(.*) preload=(\S+) .* cgroup=(\S+).*\n", line).groups()
		    compared += 1
		    if preload != cgroup:
		        print(row)
		assert compared >= 150, compared
	END
	assert_output "$DIFFERENCES"
}
