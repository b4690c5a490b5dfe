# shellcheck shell=sh
# Inside the emulated machine, as its first process: writes a unit of each kind and becomes systemd. The units report what
# they saw (units.py); report.service prints that and powers off. The shim is loaded by the drop-in of scripts/deploy, with
# $how=default by DefaultEnvironment=, or with $how=host by /etc/ld.so.preload, then into systemd too.
library=/usr/lib/x86_64-linux-gnu/keepalive-shim
units=/etc/systemd/system
mkdir -p $library $units
cp libkeepalive-shim.so $library

[ "$how" != host ] || echo $library/libkeepalive-shim.so >/etc/ld.so.preload

if [ "$how" = default ]; then
	mkdir -p /etc/systemd/system.conf.d
	cp default.conf /etc/systemd/system.conf.d/keepalive-shim.conf
fi

# unit NAME LINE...: writes the unit, and for a service the drop-in.
unit() {
	name=$1
	shift
	printf '%s\n' "$@" >"$units/$name"
	case $how:$name in
	drop-in:*.service)
		mkdir "$units/$name.d"
		cp keepalive-shim.conf "$units/$name.d/"
		;;
	esac
}

python='ExecStart=/usr/bin/python3 /here/units.py'
unit plain.service '[Service]' Type=oneshot "$python plain"
unit activated.socket '[Socket]' ListenStream=127.0.0.1:8081
unit activated.service '[Service]' "$python activated"
unit each.socket '[Socket]' ListenStream=127.0.0.1:8082 Accept=yes
unit each@.service '[Service]' StandardInput=socket "$python each"
unit caller.service '[Unit]' Requires='activated.socket each.socket' After='activated.socket each.socket' \
	'[Service]' Type=oneshot "$python caller 8081 8082"
unit confined.service '[Service]' Type=oneshot 'SystemCallFilter=~getsockopt setsockopt' "$python confined"
unit asking.service '[Service]' Type=oneshot 'SystemCallFilter=~getsockopt setsockopt' "$python asking"
# Services with filters, in each form of systemd.exec(5). NAME: what the service does (units.py), and its lines.
forms='allow sockets SystemCallFilter=@system-service
deny sockets SystemCallFilter=~@resources @privileged @debug
deny-refused sockets SystemCallFilter=~setsockopt:EPERM
number sockets SystemCallFilter=~setsockopt statx|SystemCallErrorNumber=ENOSYS
lists sockets SystemCallFilter=@system-service|SystemCallFilter=~statx:ENOSYS @raw-io
logged sockets SystemCallLog=setsockopt getsockopt
no-network nothing Environment=HOME=/root|SystemCallFilter=@system-service|SystemCallFilter=~@network-io
no-options nothing SystemCallFilter=~getsockopt setsockopt|Environment=KEEPALIVE_SHIM_ROLE=client KEEPALIVE_SHIM_LOG=stderr
no-options-rules nothing SystemCallFilter=~getsockopt setsockopt getpeername|Environment="KEEPALIVE_SHIM_RULES=role=server peer=10.0.0.1 off; count=kernel"'
every=
while read -r form does lines; do
	every="$every form-$form.service"
	IFS='|'
	# shellcheck disable=SC2086 # lines
	unit "form-$form.service" '[Service]' Type=oneshot "$python $does $form" $lines
	unset IFS
done <<-END
	$forms
END
unit report.service '[Unit]' After="plain.service caller.service confined.service asking.service$every" '[Service]' Type=oneshot \
	'ExecStart=/here/busybox sh /here/report.sh'
rm -rf $units/report.service.d
unit probe.target '[Unit]' Wants="plain.service caller.service confined.service asking.service$every report.service"

# By `keepalive enable`, before systemd is there, and within report.sh once more, by itself; static.service has
# no dynamic linker.
if [ "$how" = enable ]; then
	cp keepalive /usr/bin/
	unit static.service '[Service]' Type=oneshot 'ExecStart=/here/busybox sh -c "/here/static-program >>/run/report"'
	unit direct.service '[Service]' Type=oneshot StandardOutput=append:/run/report ExecStart=/here/static-program
	unit grouped.service '[Service]' Type=oneshot "$python grouped"
	unit late.service '[Service]' 'ExecStart=/usr/bin/python3 /here/units.py late'
	keepalive enable confined
	for name in plain activated each@ direct; do
		keepalive enable --idle=25 --rule='program=none* off; role=server idle=26' $name || echo "enable: $name failed"
	done
	keepalive enable --cgroup --idle=27 --rule='role=server idle=28' grouped || echo "enable: grouped failed"
	sed -i 's/^Wants=/&late.service direct.service grouped.service /; ' $units/probe.target
	sed -i 's/^After=/&late.service direct.service grouped.service /' $units/report.service
fi

cat >report.sh <<-'END'
	exec >/dev/ttyS1 2>&1
	cat /run/report
	[ ! -x /usr/bin/keepalive ] || {
		keepalive enable --now --idle=77 late.service
		echo "check: $?"
		keepalive enable --now --cgroup --idle=78 late.service
		echo "check of the group: $?"
		keepalive cgroup list
		keepalive disable --now late.service
		echo "left: $(keepalive cgroup list | grep -c late)"
	}
	grep -q libkeepalive-shim.so /proc/1/maps && echo "systemd has the library"
	echo "failed: $(systemctl --failed --plain --no-legend | cut -d ' ' -f 1 | sort | tr '\n' ' ')"
	for name in confined asking $(cd /etc/systemd/system && echo form-*.service | sed 's/\.service//g'); do
		echo "$name.service: $(systemctl show --property ExecMainStatus --value $name.service)"
	done
	echo status 0
	/here/busybox sync
	/here/busybox poweroff -f
END
ln -s /dev/null $units/systemd-firstboot.service # it would wait for a key
exec /lib/systemd/systemd --unit=probe.target
