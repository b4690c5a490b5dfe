# shellcheck shell=bash
# A login by ssh: bash login.sh FOLDER PROGRAMS [NAME=VALUE...], with these variables in sshd's environment. It runs in
# namespaces with a private /etc (tests/confined), in which "guest" may log in.
set -eu
here=$1 programs=$2
shift 2

# what PID: prints the user of the process, and the options of its connection.
what() {
	stat -c %U "/proc/$1/"
	python3 "$programs/sockets.py" "$1" | grep -o 'state=ESTABLISHED\|keepalive=.*'
}
# child PID: its first child, once it has one.
child() {
	local child=

	while [ -z "$child" ]; do
		sleep 0.05
		read -r child <"/proc/$1/task/$1/children" || true
	done
	echo "$child"
}

mount -t tmpfs none /run
mkdir /run/sshd
cp "$here/user.pub" /run/
env "$@" "$(command -v sshd)" -D -e -f "$here/config" 2>"$here/log" &
daemon=$!
until ss -tlnH sport = 2222 | grep -q .; do sleep 0.05; done

# Before the login, the process that reads from the network is confined, and runs as nobody.
exec 4<>/dev/tcp/127.0.0.1/2222
printf 'SSH-2.0-nobody\r\n' >&4
reader=$(child "$(child "$daemon")")
until grep '^Seccomp:.2' "/proc/$reader/status"; do sleep 0.05; done
what "$reader"
exec 4>&-

mkfifo "$here/more"
ssh -F none -i "$here/user" -o StrictHostKeyChecking=no -o BatchMode=yes -o UserKnownHostsFile=/dev/null \
	-o LogLevel=ERROR -p 2222 guest@127.0.0.1 'id -un; echo $PPID; read -r line; echo "$line"; exit 3' <"$here/more" >"$here/said" &
exec 5>"$here/more"
until pid=$(grep -s '^[0-9]' "$here/said"); do
	kill -0 $! || { cat "$here/log"; exit 1; }
	sleep 0.05
done
what "$pid"
echo hello >&5
wait $! || echo "status $?"
grep -v '^[0-9]' "$here/said"
kill "$daemon"
wait "$daemon" || true
rm "$here/more" "$here/said"
sed 's/port [0-9]*/port N/g; s/ ssh2: .*//' "$here/log"
