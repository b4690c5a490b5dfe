# A root file system of its own for a script, thrown away afterwards.
# shellcheck shell=bash

# clean_root: sets $ROOT to a minimal Debian; skips the test if it is not available.
clean_root() {
	require_root
	ROOT=$("$TESTS/worlds/roots" clean 2>&1) || skip "$ROOT"
}

# beside_root DIRECTORY SCRIPT [ARGUMENT...]: runs the script with sh in namespaces of its own, so that it cannot change
# this host. Its $1 is a temporary copy of $ROOT, with the directory at /mnt.
beside_root() {
	local place=$BATS_TEST_TMPDIR/root directory=$1 script=$2

	shift 2
	mkdir -p "$place"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --net --fork --mount-proc sh -euc '
		place=$1 root=$1/root lower=$2 directory=$3 script=$4
		shift 4
		mount -t tmpfs none "$place"
		mkdir "$place/upper" "$place/work" "$root"
		mount -t overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" none "$root"
		mount -t proc none "$root/proc"
		for node in null zero random urandom; do
			touch "$root/dev/$node"
			mount --bind "/dev/$node" "$root/dev/$node"
		done
		mount --bind "$directory" "$root/mnt"
		exec sh -euc "$script" sh "$root" "$@"
	' sh "$place" "$ROOT" "$directory" "$script" "$@"
}

# in_root DIRECTORY SCRIPT: runs the script with sh inside such a copy.
in_root() {
	# shellcheck disable=SC2016 # for the inner shell
	beside_root "$1" 'exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$2"' "$2"
}
