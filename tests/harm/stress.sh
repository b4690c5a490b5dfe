# shellcheck shell=sh
# Random calls with eight settings and without the shim: sh stress.sh SECONDS SEED LIBRARY PROGRAMS [LOADER...]
# To be run in a network namespace of its own, because a port that another program takes changes the results. On a busy
# machine a handshake or a reset may be late, which changes results too: a difference counts unless the same calls have
# that result also without the shim, now and then. Also run in an emulated machine.
seconds=$1 seed=$2 library=$3 programs=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=0 differ=0 late=0

# compare SETTING [LOADER...]: whether the calls of this seed have the same results with the shim as without.
compare() {
	setting=$1
	shift
	"$@" "$programs/stress" "$seed" 1500 >"$work/without"
	env LD_PRELOAD="$library" "$setting" "$@" "$programs/stress" "$seed" 1500 >"$work/with"
	cmp -s "$work/without" "$work/with"
}

# also_without LOADER...: whether the calls of this seed have the result just seen with the shim without it, too.
also_without() {
	for _ in $(seq 200); do
		"$@" "$programs/stress" "$seed" 1500 >"$work/again"
		! cmp -s "$work/again" "$work/with" || return 0
	done
	return 1
}

loaded=$(env LD_PRELOAD="$library" KEEPALIVE_SHIM_IDLE=33 "$@" "$programs/armed")
case $loaded in
*"keepalive=1 idle=33"*) echo "loaded: $loaded" ;;
*)
	echo "not loaded: $loaded"
	exit 1
	;;
esac
first=$seed end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt "$end" ]; do
	for setting in KEEPALIVE_SHIM=on KEEPALIVE_SHIM=off KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=client \
		KEEPALIVE_SHIM_RULES='peer=127.0.0.0/8 idle=20; off' KEEPALIVE_SHIM_LOG="$work/log" \
		KEEPALIVE_SHIM_RULES='role=server port=1-65535 off; role=client idle=kernel' \
		'KEEPALIVE_SHIM_RULES=role=server peer=127.0.0.1 user-timeout=auto mode=force'; do
		runs=$((runs + 1))
		compare "$setting" "$@" && continue
		if also_without "$@"; then
			late=$((late + 1))
		else
			differ=$((differ + 1))
			echo "differs: seed $seed, $setting"
			diff "$work/without" "$work/with" | head -n 20
		fi
	done
	# 14 is EFAULT: some of the pointers are bad, as intended.
	grep -q '^connect -1 14$' "$work/without" || echo "seed $seed: no bad pointer"
	: >"$work/log"
	seed=$((seed + 1))
done
echo "$runs runs, seeds $first to $((seed - 1)): $differ differ, $late also without the shim"
[ "$differ" = 0 ]
