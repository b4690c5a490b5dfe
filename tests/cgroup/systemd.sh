# shellcheck shell=sh
# Within the emulated machine, as its first process. The first time, attaches to groups, and restarts the machine,
# which keeps its clock. The second time, it says what is left, and becomes systemd, with a service that is confined
# in every way and has the pinned programs by BPFProgram=, one without them, and one whose group they are attached to.
./busybox mount -t cgroup2 none /sys/fs/cgroup
./busybox mount -t bpf none /sys/fs/bpf
if [ "$(date +%Y)" != 2001 ]; then
	./busybox mkdir /sys/fs/cgroup/attached.slice
	./keepalive cgroup attach --idle=22 attached.slice
	./keepalive cgroup attach --host --idle=23
	./keepalive cgroup list | ./busybox sed 's/^/before the restart: /'
	./busybox date -s 2001-02-03
	./busybox hwclock -u -w
	./busybox reboot -f
fi
echo "after the restart: $(./keepalive cgroup list) $(./busybox ls /sys/fs/bpf | ./busybox grep -v debug)"
./busybox umount /sys/fs/bpf /sys/fs/cgroup
units=/etc/systemd/system
mkdir -p $units

unit() {
	name=$1
	shift
	printf '%s\n' "$@" >"$units/$name"
}

cat >pins.sh <<-'END'
	mkdir /sys/fs/bpf/pins
	./busybox touch /run/report
	./busybox chmod 666 /run/report
	./keepalive cgroup pin --idle=21 /sys/fs/bpf/pins >/run/pins
	./keepalive cgroup attach --idle=22 attached.slice
END
cat >report.sh <<-'END'
	exec >/dev/ttyS1 2>&1
	cat /run/report /run/pins
	/here/keepalive cgroup list
	/here/keepalive check "$(systemctl show --value -p MainPID lasting.service)"
	systemctl stop lasting.service
	/here/keepalive cgroup detach --all
	echo "left: $(/here/keepalive cgroup list)"
	echo "failed: $(systemctl --failed --plain --no-legend | cut -d ' ' -f 1 | sort | tr '\n' ' ')"
	echo status 0
	/here/busybox sync
	/here/busybox poweroff -f
END

python='ExecStart=/usr/bin/python3 /here/units.py'
programs() {
	for program in setsockopt connect4 connect6 sock_ops; do
		echo "BPFProgram=$program:/sys/fs/bpf/pins/$program"
	done
}
after='After=pins.service'
unit attached.slice '[Slice]'
unit pins.service '[Unit]' Requires=attached.slice After=attached.slice '[Service]' Type=oneshot WorkingDirectory=/here \
	'ExecStart=/here/busybox sh pins.sh'
unit plain.service '[Unit]' "$after" '[Service]' Type=oneshot "$python plain" "$(programs)" DynamicUser=yes PrivateNetwork=yes \
	SystemCallFilter=@system-service IPAddressDeny=any IPAddressAllow=localhost ReadWritePaths=/run/report NoNewPrivileges=yes
unit without.service '[Unit]' "$after" '[Service]' Type=oneshot "$python plain" 'StandardOutput=journal'
unit inside.service '[Unit]' "$after" '[Service]' Type=oneshot "$python plain" Slice=attached.slice PrivateNetwork=yes
unit lasting.service '[Unit]' "$after" '[Service]' 'ExecStart=/here/busybox sleep 100000' "$(programs)"
unit report.service '[Unit]' 'After=plain.service without.service inside.service lasting.service' '[Service]' Type=oneshot \
	'ExecStart=/here/busybox sh /here/report.sh'
unit probe.target '[Unit]' Wants='pins.service plain.service without.service inside.service lasting.service report.service'
./busybox sed -i "s/tell(f\"\(listener\|client\|accepted\) /tell(f\"{os.environ['WHICH']}\1 /" units.py
for which in plain without inside; do
	echo "Environment=WHICH=$which:" >>$units/$which.service
done
ln -s /dev/null $units/systemd-firstboot.service # it would wait for a key
exec /lib/systemd/systemd --unit=probe.target
