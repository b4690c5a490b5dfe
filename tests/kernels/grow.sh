# shellcheck shell=sh
# Within the emulated machine: grow.sh ROUNDS NUMBER...
# The time of a socket() with so many open ones, in nanoseconds, from the best of the rounds of ten batches each, and the
# KiB that the process then has of its own. Lines "NUMBER ROW NANOSECONDS KIB". ROWS are the rows.
rounds=$1 rows=${ROWS-none hand shim}
shift
# shellcheck disable=SC3045 # every sh that Linux has knows it
ulimit -n 110000

# once NUMBER PRELOAD OPTION: "NANOSECONDS KIB"
once() {
	: >/tmp/times
	# shellcheck disable=SC2086 # an option, or nothing
	LD_PRELOAD=$2 ./cost $3 "$1" hold 500 tcp tcp tcp tcp tcp tcp tcp tcp tcp tcp wait >/tmp/times &
	until [ "$(grep -c ^tcp /tmp/times)" = 10 ]; do
		./busybox usleep 20000
	done
	echo "$(sort -k 2n /tmp/times | sed -n 's/^tcp //p' | head -n 1)" \
		"$(sed -n 's/^Anonymous: *\([0-9]*\).*/\1/p' /proc/$!/smaps_rollup)"
	kill $!
	wait $! 2>/dev/null
}

for number; do
	round=0
	while [ $((round += 1)) -le "$rounds" ]; do
		for row in $rows; do
			case $row in
			none) set -- "$number" '' '' ;;
			hand) set -- "$number" '' -b ;;
			shim) set -- "$number" /here/libkeepalive-shim.so '' ;;
			esac
			once "$@" >>"/tmp/$row"
		done
	done
	for row in $rows; do
		echo "$number $row $(sort -n "/tmp/$row" | head -n 1)"
		rm "/tmp/$row"
	done
done
