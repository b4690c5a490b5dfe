# Control groups for tests to attach to, and namespaces with a mount of bpf of their own.
# shellcheck shell=bash

# Makes a group, $GROUP, and a process in namespaces of mounts and of the network, $SPACE, where bpf is mounted: pins end
# with it. Skips unless this machine lets us attach: root, cgroup2, Linux 6.1.
group_or_skip() {
	local why

	require unshare nsenter ip python3
	require_root
	require_cgroup2
	export GROUP=$CGROUPS/keepalive-$BASHPID
	mkdir "$GROUP" 2>/dev/null || skip_as group
	background unshare -mn --propagation private sh -c \
		'mount -t bpf bpf /sys/fs/bpf && ip link set lo up && exec sleep 1000000'
	SPACE=$!
	await 5 grep -q sleep "/proc/$SPACE/comm" || skip_as bpf
	why=$(there "$KEEPALIVE" cgroup attach "$GROUP" 2>&1) || skip "$why"
	there "$KEEPALIVE" cgroup detach "$GROUP"
}

# there COMMAND...: runs it in these namespaces.
there() {
	nsenter -t "$SPACE" -m -n "$@"
}

# in_group COMMAND...: runs it in these namespaces and in the group, in the background; its pid is in $!.
in_group() {
	background nsenter -t "$SPACE" -m -n sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$GROUP" "$@"
}

cgroup() {
	there "$KEEPALIVE" cgroup "$@"
}

# The numbers of the groups that have pins.
pinned_groups() {
	there ls /sys/fs/bpf/keepalive-shim | grep -v words
}

teardown() {
	end_background
	[ -z "${GROUP-}" ] || await 5 remove_group
}

# Once the processes have ended.
remove_group() {
	find "$GROUP" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$GROUP" ]
}
