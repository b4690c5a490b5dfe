# Within the emulated machine: what a socket() takes above so many open ones, without and with the shim,
# in nanoseconds: the best of three rounds of ten batches.
ulimit -n 110000
for number in 100 10000 100000; do
	for shim in '' /here/libkeepalive-shim.so; do
		for round in 1 2 3; do
			LD_PRELOAD=$shim ./cost $number hold 500 tcp tcp tcp tcp tcp tcp tcp tcp tcp tcp
		done | sed -n "s/^tcp /$number ${shim:+shim} /p" | sort -k 2n -k 3n | head -n 1
	done
done
