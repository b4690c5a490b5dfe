# shellcheck shell=sh
# Within the emulated machine, as its first process: becomes systemd, with a unit of each kind that has the
# drop-in of scripts/deploy; the units tell what they saw (units.py), report.service prints it and ends it all.
library=/usr/lib/x86_64-linux-gnu/keepalive-shim
units=/etc/systemd/system
mkdir -p $library $units
cp libkeepalive-shim.so $library

# unit NAME LINE...: with the drop-in where it is a service.
unit() {
	name=$1
	shift
	printf '%s\n' "$@" >"$units/$name"
	case $name in
	*.service)
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
unit report.service '[Unit]' After='plain.service caller.service confined.service asking.service' '[Service]' Type=oneshot \
	'ExecStart=/here/busybox sh /here/report.sh'
rm -r $units/report.service.d
unit probe.target '[Unit]' Wants='plain.service caller.service confined.service asking.service report.service'

cat >report.sh <<-'END'
	exec >/dev/ttyS1 2>&1
	cat /run/report
	for name in confined asking; do
		echo "$name.service: $(systemctl show --property ExecMainStatus --value $name.service)"
	done
	echo status 0
	/here/busybox sync
	/here/busybox poweroff -f
END
ln -s /dev/null $units/systemd-firstboot.service # it would wait for a key
exec /lib/systemd/systemd --unit=probe.target
