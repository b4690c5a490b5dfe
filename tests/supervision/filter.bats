# The filter of a supervised program: which calls it reports, for every system call interface.
load ../helpers

setup_file() {
	require_machine x86_64
	export FILTER=$BATS_FILE_TMPDIR/filter
	"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -I"$REPOSITORY/shim/common" -I"$REPOSITORY/shim/command" -o "$FILTER" \
		"$TESTS/supervision/filter.c" "$REPOSITORY"/shim/command/{supervise/filter,sockets/sockopts,program/elf_file}.c \
		"$REPOSITORY"/shim/{common/*,command/base/system}.c
}

X86_64=0xc000003e I386=0x40000003 ARM=0x40000028
X32=0x40000000

# answers ANSWER CALL...: with the settings in $settings, the filter's answer to each of these calls is ANSWER.
settings=()
answers() {
	local wanted=$1

	shift
	run "$FILTER" "${settings[@]}" <<<"$(printf '%s\n' "$@")"
	assert_success
	assert_equal "$(sort -u <<<"$output")" "$wanted"
	assert_equal "$(wc -l <<<"$output")" "$#"
}

@test "TCP sockets are reported, whatever their flags" {
	for call in "$X86_64 41" "$X86_64 $((X32 + 41))" "$I386 359"; do
		answers report "$call 2 1 0" "$call 10 1 6" "$call 2 0x80801 262" "$call 0x700000002 1 0"
	done
}

@test "other sockets, other calls and other architectures are not" {
	for call in "$X86_64 41" "$X86_64 $((X32 + 41))" "$I386 359"; do
		answers allow "$call 1 1 0" "$call 2 2 0" "$call 2 3 6" "$call 16 3 0" "$call 2 1 132" "$call 10 5 0"
	done
	answers allow "$X86_64 42 3 0 16" "$X86_64 50 3 9" "$X86_64 54 3 6 4" "$X86_64 359 2 1 0" \
		"$I386 41 2 1 0" "$I386 102 1 0" "$ARM 281 2 1 0" "0 41 2 1 0"
}

@test "the supervisor's own test call is reported, whatever else is" {
	for settings in KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=server KEEPALIVE_SHIM_RULES='role=client peer=10.0.0.1 off'; do
		for call in "$X86_64 41" "$X86_64 $((X32 + 41))" "$I386 359"; do
			answers report "$call 0x6b656570 1 0"
		done
	done
}

@test "listen and connect are reported only if rules need them" {
	settings=(KEEPALIVE_SHIM_ROLE=server)
	answers report "$X86_64 50 3 9" "$X86_64 $((X32 + 50)) 3 9" "$I386 363 3 9"
	answers allow "$X86_64 41 2 1 0" "$X86_64 42 3 0 16"
	settings=(KEEPALIVE_SHIM_RULES='role=client peer=10.0.0.1 off')
	answers report "$X86_64 42 3 0 16" "$X86_64 $((X32 + 42)) 3 0 16" "$I386 362 3 0 16" "$X86_64 41 2 1 0" "$X86_64 50 3 9"
	settings=(KEEPALIVE_SHIM_RULES='role=server port=80 idle=20')
	answers report "$X86_64 50 3 9"
	answers allow "$X86_64 42 3 0 16"
	settings=(KEEPALIVE_SHIM_RULES='program=other role=server port=80 idle=20')
	answers allow "$X86_64 50 3 9" "$X86_64 42 3 0 16"
}

@test "force: the program's own setsockopt of what we set is reported, no other" {
	settings=(KEEPALIVE_SHIM_MODE=force)
	answers report "$X86_64 54 3 1 9" "$X86_64 54 3 6 4" "$I386 366 3 6 6"
	answers allow "$X86_64 54 3 6 18" "$X86_64 54 3 6 1"
}

@test "respect: the program's own SO_KEEPALIVE is reported only if some sockets have keepalive and others do not" {
	for settings in KEEPALIVE_SHIM_ROLE={client,server} KEEPALIVE_SHIM_RULES='role='{client,server}' off' \
		KEEPALIVE_SHIM_RULES='peer=10.0.0.1 off'; do
		answers report "$X86_64 54 3 1 9" "$X86_64 $((X32 + 541)) 3 1 9" "$I386 366 3 1 9"
		answers allow "$X86_64 54 3 6 4" "$X86_64 54 3 6 5" "$X86_64 54 3 6 6" "$X86_64 54 3 6 18"
	done
	for settings in KEEPALIVE_SHIM_IDLE=30 KEEPALIVE_SHIM_RULES='peer=10.0.0.1 idle=30' KEEPALIVE_SHIM_RULES='off; role=client idle=5' \
		KEEPALIVE_SHIM_RULES='role=server peer=10.0.0.1 off'; do
		answers allow "$X86_64 54 3 1 9"
	done
}

@test "force: connect and listen are reported where some sockets are not forced, and force is to come" {
	local connect="$X86_64 42 3 0 16" listen="$X86_64 50 3 9"

	settings=(KEEPALIVE_SHIM_MODE=force)
	answers allow "$connect" "$listen"
	settings=(KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=client)
	answers report "$connect" "$listen" "$X86_64 54 3 1 9"
	settings=(KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_RULES='role=client peer=10.0.0.1 mode=respect')
	answers report "$connect" "$listen"
	settings=(KEEPALIVE_SHIM_RULES='role=server mode=force')
	answers report "$listen" "$X86_64 54 3 1 9"
	answers allow "$connect"
	settings=(KEEPALIVE_SHIM_RULES='role=server mode=force' out-of-reach) # all have the client's values, without force
	answers allow "$listen" "$X86_64 54 3 1 9"
	settings=(KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_RULES='idle=30; role=client mode=respect') # the second never matches
	answers allow "$connect" "$listen"
}

@test "force, out of reach: the program's own setsockopt of what we set succeeds without effect, no other" {
	settings=(KEEPALIVE_SHIM_MODE=force out-of-reach)
	for call in "$X86_64 54" "$X86_64 $((X32 + 541))" "$I386 366"; do
		# SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT
		answers succeed "$call 3 1 9" "$call 3 6 4" "$call 3 6 5" "$call 3 6 6"
		# TCP_USER_TIMEOUT, TCP_NODELAY, SO_REUSEADDR, IP_TTL; the same names on other levels
		answers allow "$call 3 6 18" "$call 3 6 1" "$call 3 1 2" "$call 3 0 4" "$call 3 6 9" "$call 3 1 4"
	done
	settings=(KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_USER_TIMEOUT=90s KEEPALIVE_SHIM_IDLE=kernel out-of-reach)
	answers succeed "$X86_64 54 3 6 18" "$X86_64 54 3 1 9"
	answers allow "$X86_64 54 3 6 4"
}

@test "what moves a thread to another network namespace is reported, what does not is not" {
	settings=()
	for call in "$X86_64 272" "$X86_64 $((X32 + 272))" "$I386 310"; do
		answers report "$call 0x40000000" "$call 0x50000000" # CLONE_NEWNET, and with CLONE_NEWUSER
		answers allow "$call 0x10000000" "$call 0x400"
	done
	answers report "$X86_64 308 3 0" "$X86_64 $((X32 + 308)) 3 0x40000000" "$I386 346 3 0"
	answers allow "$X86_64 116 0 0" # setgroups(2)
}
