# shellcheck shell=sh
# Within the emulated machine, with cgroup2 and bpf mounted: keepalive cgroup on the root of the hierarchy, and what is left
# of it.
./busybox mkdir /sys/fs/cgroup/inner

# ends WORD: both ends of a connection made in this moment, from the group of whoever calls.
cat >ends.py <<'END'
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
for end in client, listener.accept()[0]:
    print(sys.argv[1] + ":", *(end.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))))
END
# open.py: the same, made before; on a line of standard input it says what it has then.
cat >open.py <<'END'
import socket, sys
listener = socket.create_server(("127.0.0.1", 7000))
client = socket.create_connection(listener.getsockname())
accepted = listener.accept()[0]
open("ready", "w").close()
sys.stdin.readline()
for end in client, accepted, listener:
    print("open:", *(end.getsockopt(*option) for option in ((1, 9), (6, 4), (6, 5), (6, 6))))
END
inside() {
	./busybox sh -c 'echo $$ >/sys/fs/cgroup/inner/cgroup.procs && exec python3 ends.py inside'
}
./busybox mkfifo go
python3 open.py <go &
exec 9>go
while [ ! -e ready ]; do ./busybox sleep 0.1; done

./keepalive cgroup attach / 2>&1
./keepalive cgroup attach --host --idle=21
./keepalive cgroup list
echo >&9
wait $!
python3 ends.py host
./keepalive cgroup attach --idle=22 inner
inside
# An upgrade: another file in the place of the one that attached.
./busybox cp keepalive keepalive.new
./busybox mv keepalive.new keepalive
./keepalive cgroup list
./keepalive cgroup attach --host --idle=23
python3 ends.py upgraded
./keepalive check $$
# Both hierarchies at once, as systemd's hybrid layout has them.
./busybox mkdir v1
./busybox mount -t cgroup -o none,name=test none v1
inside
./keepalive cgroup detach --host
python3 ends.py detached
./keepalive cgroup detach --all
inside
echo "pins after: $(./busybox ls /sys/fs/bpf | ./busybox grep -v debug)"
./busybox umount v1
./busybox rmdir /sys/fs/cgroup/inner
