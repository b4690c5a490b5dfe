# Inside the root: what a Debian host does in a day. The output of each program goes to its own file in /mnt/said.
# If $library is set, it is put into /etc/ld.so.preload first.
# shellcheck shell=sh
set +e -u
out=/mnt/said
mkdir -p $out
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root

: >/etc/ld.so.preload
if [ -n "$library" ]; then
	cp "$library" /usr/lib/libkeepalive-shim.so
	echo /usr/lib/libkeepalive-shim.so >/etc/ld.so.preload
fi

grep -c libkeepalive-shim /proc/self/maps >/mnt/loaded # lines of the library in a program's memory

# say NAME COMMAND...: writes its output and status to the file NAME.
say() {
	name=$1
	shift
	"$@" >"$out/$name" 2>&1 </dev/null
	echo "status $?" >>"$out/$name"
}

await() {
	tries=100
	until "$@" >/dev/null 2>&1; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.2
	done
}

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
printf 'exim4-config exim4/dc_eximconfig_configtype select local delivery only; not on a network\nexim4-config exim4/mailname string host.example\n' >/tmp/answers
say debconf debconf-set-selections /tmp/answers
# shellcheck disable=SC2046 # names of packages
say install apt-get -q -y --no-download --no-install-recommends install $(grep -v '^#' /mnt/system.packages)
say installed dpkg -l
say debconf-answers debconf-get-selections
ip link set lo up
mkdir -p /run/sshd /root/.ssh

sed -i /imklog/d /etc/rsyslog.conf # this host's kernel has other things to say each time
rsyslogd
say ssh-keygen ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
/usr/sbin/sshd -E $out/sshd.log
say ssh-keyscan sh -c 'ssh-keyscan -t ed25519 127.0.0.1 >/root/.ssh/known_hosts 2>&1'
say ssh ssh -o BatchMode=yes 127.0.0.1 'id; echo $PATH; exit 3'
say scp scp -q 127.0.0.1:/etc/passwd /tmp/copy
say sftp sh -c 'echo "get /etc/group /tmp/group" | sftp -q -b - 127.0.0.1'
say rsync rsync -a 127.0.0.1:/etc/ /tmp/etc

echo '@reboot root echo cron was here >/tmp/cron; date +\%Y >/dev/null' >/etc/cron.d/job
cron
await test -s /tmp/cron
say cron cat /tmp/cron

say sudo sudo -u nobody id
say su su -s /bin/sh nobody -c id
say logger logger -t test hello
say nginx sh -c 'nginx && curl -s http://127.0.0.1/ && nginx -s quit'
say redis sh -c 'redis-server --daemonize yes >/dev/null && sleep 1 && redis-cli set a b && redis-cli get a && redis-cli shutdown'
say exim sh -c 'echo hello | exim4 -odf root; exim4 -bp'
say git sh -c 'cd /tmp && git init -q g && cd g && git -c user.name=x -c user.email=x commit -q --allow-empty -m x && git log --format=%s'
say python python3 -m test -q test_socketserver test_selectors test_httplib
mkdir /tmp/build
cp -r /mnt/source /tmp/build/source
say make make -C /tmp/build/source -s CFLAGS=-O0 BUILD=/tmp/build/out all
say built /tmp/build/out/keepalive --version
say logrotate logrotate -d /etc/logrotate.conf

# Every log of the system, and what lies in /etc.
cp -r /var/log $out/var-log
(cd /etc && find . -type f -o -type l) | sort >$out/etc
