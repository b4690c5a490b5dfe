# A root file system of its own for a script, thrown away afterwards.
# shellcheck shell=bash

# clean_root: its path in $ROOT; skips where it cannot be had.
clean_root() {
	require_root
	ROOT=$("$TESTS/worlds/roots" clean 2>&1) || skip "$ROOT"
}

# in_root DIRECTORY SCRIPT: runs the script with sh in a copy of $ROOT that lives as long as it, with the
# directory at /mnt, in namespaces of its own: nothing reaches this host.
in_root() {
	local place=$BATS_TEST_TMPDIR/root

	mkdir -p "$place"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --net --fork --mount-proc sh -euc '
		mount -t tmpfs none "$1"
		mkdir "$1/upper" "$1/work" "$1/root"
		mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" none "$1/root"
		mount -t proc none "$1/root/proc"
		for node in null zero random urandom; do
			touch "$1/root/dev/$node"
			mount --bind "/dev/$node" "$1/root/dev/$node"
		done
		mount --bind "$3" "$1/root/mnt"
		exec chroot "$1/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$4"
	' sh "$place" "$ROOT" "$1" "$2"
}
