# make package: what it builds can be installed, upgraded and removed cleanly, and is reproducible.
# shellcheck shell=bash
load ../helpers
load root
load packages

bats_require_minimum_version 1.5.0

setup_file() {
	require dpkg-deb
	packages
	export PACKAGES=$PACKAGED/build/packages
	# shellcheck disable=SC2155
	export ARCH=$(uname -m) DEBIAN_ARCH=$(dpkg --print-architecture)
}

package() {
	echo "$PACKAGES/$1"_*_"$DEBIAN_ARCH.deb"
}

@test "packages: two builds of the same sources are identical, in any place and by any user" {
	umask 077
	TZ=Asia/Kolkata LC_ALL=tr_TR.UTF-8 build_packages "$BATS_TEST_TMPDIR/another place" -j ARCH="$ARCH"
	run -0 diff <(cd "$PACKAGES" && sha256sum -- *) \
		<(cd "$BATS_TEST_TMPDIR/another place/build/packages" && sha256sum -- *)
	# Two .deb and one .tar.gz; the .rpm and .apk depend on what is installed.
	[ "$(find "$PACKAGES" -name '*.deb' -o -name '*.tar.gz' | wc -l)" = 3 ]
	ls -l "$PACKAGES" | awk '{ print "# " $5, $9 }' >&3
}

@test "packages: lintian finds nothing" {
	require lintian
	run lintian --allow-root --display-info --pedantic "$(package libkeepalive-shim)" \
		"$(package keepalive-shim)"
	assert_success
	refute_output --regexp '^[EWIP]:'
}

@test "packages: MAINTAINER and HOMEPAGE are the distributor's" {
	for package in libkeepalive-shim keepalive-shim; do
		run -0 dpkg-deb -f "$(package $package)" Maintainer
		assert_output "$MAINTAINER"
	done
	if command -v rpmbuild >/dev/null; then
		run -0 rpm -qp --dbpath "$BATS_TEST_TMPDIR/rpmdb" --queryformat '%{PACKAGER}' "$PACKAGES"/*.rpm
		assert_output "$MAINTAINER"
	fi
	run -0 dpkg-deb -f "$(package keepalive-shim)" Homepage Multi-Arch
	assert_line 'Homepage: https://example.org/'
	assert_line 'Multi-Arch: foreign'
	if apk_is_there; then
		run -0 apk adbdump "$PACKAGES"/*.apk
		assert_output --partial "$MAINTAINER"
	fi
}

@test ".deb: installs in a clean root, is upgraded under a running program, and leaves nothing" {
	clean_root
	mkdir "$BATS_TEST_TMPDIR/debs"
	cp "$PACKAGES"/*.deb "$BATS_TEST_TMPDIR/debs/"
	# The next version: another version number, and a library that differs (by a byte after its end).
	for name in libkeepalive-shim keepalive-shim; do
		dpkg-deb -R "$(package $name)" "$BATS_TEST_TMPDIR/$name"
		sed -i 's/^Version: .*/Version: 99/; s/(= [^)]*)/(= 99)/' "$BATS_TEST_TMPDIR/$name/DEBIAN/control"
		find "$BATS_TEST_TMPDIR/$name" -name '*.so' -exec sh -c 'printf "\0" >>"$1"' sh {} \;
		dpkg-deb -b "$BATS_TEST_TMPDIR/$name" "$BATS_TEST_TMPDIR/debs/next-$name.deb" >/dev/null
	done
	# shellcheck disable=SC2016 # for the shell in there
	run -0 --separate-stderr in_root "$BATS_TEST_TMPDIR/debs" '
		find / -xdev -path /var -prune -o -path /mnt -prune -o -path /etc/ld.so.cache -prune -o -print |
			sort >/var/before
		dpkg -i /mnt/libkeepalive-shim_*.deb /mnt/keepalive-shim_*.deb >/var/log1
		keepalive --version
		keepalive run --idle=33 -- perl -MSocket -e "
			socket(S, PF_INET, SOCK_STREAM, 0);
			print \"idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\""

		examples=/usr/share/doc/libkeepalive-shim/examples
		env "$(sed -n "s/^Environment=LD_PRE/LD_PRE/p" $examples/systemd/keepalive-shim.conf)" \
			perl -e "socket(S, 2, 1, 0); print \"drop-in, idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\""

		host-preload install
		perl -e "\$| = 1; print \"running\n\"; sleep 1 until -e \"/var/go\"; socket(S, 2, 1, 0);
			print \"lived on, idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\"" >/var/out &
		until grep -qs running /var/out; do sleep 0.1; done
		dpkg -i /mnt/next-*.deb >/var/log2
		touch /var/go
		wait
		cat /var/out
		echo "entry after the upgrade: $(cat /etc/ld.so.preload)"
		perl -e "socket(S, 2, 1, 0); print \"upgraded, idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\""

		dpkg -P keepalive-shim libkeepalive-shim >/var/log3
		find / -xdev -path /var -prune -o -path /mnt -prune -o -path /etc/ld.so.cache -prune -o -print |
			sort >/var/after
		diff /var/before /var/after && echo "nothing left"
	'
	assert_line --regexp '^keepalive [0-9.]+$'
	assert_line 'idle 33'
	assert_line 'drop-in, idle 60'
	assert_line 'lived on, idle 60'
	assert_line --regexp '^entry after the upgrade: /usr/.*/keepalive-shim/libkeepalive-shim.so$'
	assert_line 'upgraded, idle 60'
	assert_line 'nothing left'
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" ''
}

@test "cloud-init: the example installs the packages and the entry, and programs have keepalive" {
	require_root
	ROOT=$("$TESTS/worlds/roots" cloud 2>&1) || skip "$ROOT"
	mkdir "$BATS_TEST_TMPDIR/first-boot"
	cp "$PACKAGES"/*.deb "$REPOSITORY/scripts/deploy/cloud-init.yaml" "$BATS_TEST_TMPDIR/first-boot/"
	# cloud-init performs a first boot with only the modules that the example needs.
	# shellcheck disable=SC2016 # for the shell in there
	run -0 in_root "$BATS_TEST_TMPDIR/first-boot" '
		cloud-init schema --config-file /mnt/cloud-init.yaml
		sed s/runcmd:/run-cmd:/ /mnt/cloud-init.yaml >/tmp/misspelt
		! cloud-init schema --config-file /tmp/misspelt 2>/dev/null

		seed=/var/lib/cloud/seed/nocloud-net
		mkdir -p $seed /opt/packages
		cp /mnt/*.deb /opt/packages/
		cp /mnt/cloud-init.yaml $seed/user-data
		echo "instance-id: first" >$seed/meta-data
		rm /etc/cloud/cloud.cfg.d/*
		cat >/etc/cloud/cloud.cfg <<-END
			datasource_list: [NoCloud]
			network: {config: disabled}
			cloud_init_modules: []
			cloud_config_modules: [runcmd]
			cloud_final_modules: [scripts-user]
			system_info: {distro: debian}
		END
		for stage in "init --local" init "modules --mode config" "modules --mode final"; do
			cloud-init $stage >/tmp/log 2>&1 || cat /tmp/log
		done
		cloud-init status
		cat /etc/ld.so.preload
		perl -e "socket(S, 2, 1, 0); print \"idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\""

		host-preload remove
		dpkg -P keepalive-shim libkeepalive-shim >/tmp/log
		perl -e "socket(S, 2, 1, 0); print \"idle \", unpack(\"i\", getsockopt(S, 6, 4)), \"\n\""'
	assert_line 'status: done'
	assert_line --regexp '^/usr/lib/.*/keepalive-shim/libkeepalive-shim.so$'
	assert_line 'idle 60'
	assert_equal "${lines[-1]}" 'idle 7200'
}

@test ".deb: the libraries of two word sizes can be installed together, each for its own programs" {
	local debs=$BATS_TEST_TMPDIR/debs

	[ "$DEBIAN_ARCH" = amd64 ] || skip "needs a Debian for amd64"
	require i686-linux-gnu-gcc
	clean_root
	build_packages "$BATS_TEST_TMPDIR/other" ARCH=i386 >/dev/null
	mkdir "$debs"
	cp "$(package libkeepalive-shim)" "$BATS_TEST_TMPDIR"/other/build/packages/libkeepalive-shim_*.deb \
		"$debs/"
	# dpkg refuses if a file that is in both packages differs.
	# shellcheck disable=SC2016 # for the shell in there
	run -0 --separate-stderr in_root "$debs" '
		dpkg --add-architecture i386
		dpkg -i /mnt/*.deb >/var/log1
		dpkg-query -W -f "\${Package}:\${Architecture} \${Multi-Arch} \${db:Status-Status}\n" "*keepalive*"
		for machine in x86_64 i386; do
			od -An -tu2 -j18 -N2 /usr/lib/$machine-linux-gnu/keepalive-shim/libkeepalive-shim.so
		done
		# The entry that host-preload writes for two word sizes.
		echo "/usr/\$LIB/keepalive-shim/libkeepalive-shim.so" >/etc/ld.so.preload
		dpkg -P libkeepalive-shim:i386 >/var/log2
		cat /etc/ld.so.preload
		command -v host-preload
		dpkg -P libkeepalive-shim >/var/log3
		ls /etc/ld.so.preload /usr/sbin/host-preload 2>/dev/null || echo "nothing left"'
	assert_output - <<-END
		libkeepalive-shim:amd64 same installed
		libkeepalive-shim:i386 same installed
		    62
		     3
		/usr/\$LIB/keepalive-shim/libkeepalive-shim.so
		/usr/sbin/host-preload
		nothing left
	END
	# The command in the other formats has that word size too.
	run readelf -h "$BATS_TEST_TMPDIR"/other/build/package/i386/static/keepalive
	assert_output --regexp 'Machine: +Intel 80386'
}

@test ".tar.gz: runs where it was unpacked, whatever the C library" {
	tar -C "$BATS_TEST_TMPDIR" -xzf "$PACKAGES"/*.tar.gz
	run -0 file_is_static "$BATS_TEST_TMPDIR"/keepalive-shim-*/bin/keepalive
	run -0 "$BATS_TEST_TMPDIR"/keepalive-shim-*/bin/keepalive run --idle=44 python3 -c '
import socket
print(socket.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))'
	assert_output 44
}

file_is_static() {
	! readelf -l "$1" | grep -q INTERP
}

@test ".tar.gz: the static command is hardened, small, and what is linked into it is named with its licence" {
	local command

	tar -C "$BATS_TEST_TMPDIR" -xzf "$PACKAGES"/*.tar.gz --strip-components=1
	command=$BATS_TEST_TMPDIR/bin/keepalive
	run -0 readelf -hldW "$command"
	assert_output --regexp 'Type: +DYN'
	assert_output --partial GNU_RELRO
	assert_output --regexp 'FLAGS(_1)?\) .*NOW'
	ls -l "$command" | awk '{ print "# " $5 }' >&3
	if [ -e "/usr/lib/$ARCH-linux-musl/rcrt1.o" ]; then
		[ "$(stat -c %s "$command")" -lt 450000 ]
		run -0 grep 'statically with musl' "$BATS_TEST_TMPDIR/NOTICE"
	else
		run -0 grep 'statically with' "$BATS_TEST_TMPDIR/NOTICE"
	fi
}

@test ".rpm: has the files, needs nothing, and its script removes the entry on removal only" {
	require rpm rpmbuild
	run -0 rpm -qp --dbpath "$BATS_TEST_TMPDIR/rpmdb" --list "$PACKAGES"/*.rpm
	assert_line /usr/bin/keepalive
	assert_line --regexp '^/usr/lib(64)?/keepalive-shim/libkeepalive-shim.so$'
	assert_line /usr/share/man/man1/keepalive.1.gz
	assert_line /usr/share/man/man1/keepalive-run.1.gz
	run -0 rpm -qp --dbpath "$BATS_TEST_TMPDIR/rpmdb" --requires "$PACKAGES"/*.rpm
	refute_output --regexp '^(lib|rtld)'
	run -0 rpm -qp --dbpath "$BATS_TEST_TMPDIR/rpmdb" --scripts "$PACKAGES"/*.rpm
	assert_output --partial 'if [ "$1" = 0 ]'
	# rpm installs it into a root of its own.
	mkdir "$BATS_TEST_TMPDIR/root"
	run -0 rpm --root "$BATS_TEST_TMPDIR/root" --dbpath /var/lib/rpm --nodeps --noscripts --ignorearch \
		-i "$PACKAGES"/*.rpm
	run -0 "$BATS_TEST_TMPDIR/root/usr/bin/keepalive" run -- python3 -c 'import socket
print(socket.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))'
	assert_output 60
	# rpm removes it: only directories that every system has are left.
	run -0 rpm --root "$BATS_TEST_TMPDIR/root" --dbpath /var/lib/rpm --nodeps --noscripts -e keepalive-shim
	run find "$BATS_TEST_TMPDIR/root/usr" ! -type d
	assert_output ''
	run -0 sh -c 'cd "$1" && find usr | sort | tr "\n" " "' sh "$BATS_TEST_TMPDIR/root"
	assert_output --regexp '^usr usr/bin usr/lib(64)? usr/sbin usr/share usr/share/licenses usr/share/man usr/share/man/man1 usr/share/man/man5 usr/share/man/man7 usr/share/man/man8 $'
}

@test ".rpm: its scripts: an upgrade keeps the host-wide entry and a changed setting, removal leaves nothing" {
	require rpm rpmbuild
	clean_root
	mkdir "$BATS_TEST_TMPDIR/rpms"
	cp "$PACKAGES"/*.rpm "$BATS_TEST_TMPDIR/rpms/one.rpm"
	mkdir "$BATS_TEST_TMPDIR/work"
	cp -R "$PACKAGED/build/package/$ARCH/static" "$BATS_TEST_TMPDIR/work/"
	(
		cd "$PACKAGED"
		WORK=$BATS_TEST_TMPDIR/work PACKAGES=$BATS_TEST_TMPDIR/rpms arch=$ARCH VERSION=99 TOOLS='' \
			SOURCE_DATE_EPOCH=1700000000 scripts/packaging/rpm
	)
	mv "$BATS_TEST_TMPDIR"/rpms/keepalive-shim-99-*.rpm "$BATS_TEST_TMPDIR/rpms/two.rpm"
	# shellcheck disable=SC2016 # for the inner shell
	run -0 beside_root "$BATS_TEST_TMPDIR/rpms" '
		root=$1
		rpm_there() { rpm --root "$root" --dbpath /var/lib/rpm "$@"; }
		there() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$@"; }
		files() { (cd "$root" && find . -xdev -path ./var/lib/rpm -prune -o -path ./mnt -prune -o -print | sort); }
		idle() { there "perl -e \"socket(S, 2, 1, 0); print qq($1, idle ), unpack(q(i), getsockopt(S, 6, 4)), qq(\\n)\""; }
		mkdir "$root/var/lib/rpm" "$root/usr/share/licenses"
		files >"$root/var/lib/rpm/before"

		rpm_there --nodeps --ignorearch -i "$root/mnt/one.rpm"
		there "host-preload install && sed -i s/#KEEPALIVE_SHIM_IDLE=60s/KEEPALIVE_SHIM_IDLE=33s/ /etc/keepalive-shim.conf"
		idle installed
		rpm_there --nodeps --ignorearch -U "$root/mnt/two.rpm"
		rpm_there -q keepalive-shim
		idle upgraded
		rpm_there -e keepalive-shim
		idle removed
		files | diff "$root/var/lib/rpm/before" - || true
		rm "$root/etc/keepalive-shim.conf"

		rpm_there --nodeps --ignorearch -i "$root/mnt/one.rpm"
		there "host-preload install && echo \"# a remark\" >>/etc/keepalive-shim.conf"
		rpm_there -e keepalive-shim
		idle "removed again"
		files | diff "$root/var/lib/rpm/before" - && echo nothing left'
	assert_line 'installed, idle 33'
	assert_line 'keepalive-shim-99-1.x86_64'
	assert_line 'upgraded, idle 33'
	assert_line 'removed, idle 7200'
	# What somebody has set is theirs.
	assert_line '> ./etc/keepalive-shim.conf'
	run -0 grep -c '^[<>]' <<<"$output"
	assert_output 1
}

@test ".rpm: rpmlint finds nothing unexpected" {
	require rpmlint rpmbuild
	run rpmlint -c "$REPOSITORY/scripts/packaging/rpmlint.toml" "$PACKAGES"/*.rpm
	assert_line --partial '0 errors, 0 warnings'
}

apk_is_there() {
	apk --version 2>/dev/null | grep -q 'apk-tools [3-9]'
}

@test ".apk: apk installs it, musl programs have keepalive, and apk removes it again" {
	local root=$BATS_TEST_TMPDIR/root apk

	apk_is_there || skip "apk-tools 3 is not installed"
	require_root
	require musl-gcc
	apk="apk --root $root --allow-untrusted --no-network"
	$apk add --initdb
	find "$root" | sort >"$BATS_TEST_TMPDIR/before"
	run -0 $apk add "$PACKAGES"/*.apk
	run find "$root/usr" -type f -printf '%m %u %P\n'
	assert_line '755 root bin/keepalive'
	assert_line '644 root lib/keepalive-shim/libkeepalive-shim.so'
	assert_line '644 root share/man/man7/keepalive-shim.7.gz'
	assert_line '644 root share/man/man1/keepalive-run.1.gz'
	assert_line '644 root share/keepalive-shim/examples/docker/Dockerfile'
	mkdir -p "$root/lib" "$root/proc"
	cp -L /lib/ld-musl-*.so.1 "$root/lib/"
	musl-gcc -o "$root/idle" -x c - <<-'END'
		#include <netinet/in.h>
		#include <netinet/tcp.h>
		#include <stdio.h>
		#include <sys/socket.h>
		int main(void)
		{
			int idle = 0;
			socklen_t length = sizeof(idle);
			int fd = socket(AF_INET, SOCK_STREAM, 0);
			getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, &length);
			return printf("idle %d\n", idle) < 0;
		}
	END
	run -0 unshare --mount sh -c 'mount -t proc proc "$1/proc" &&
		exec chroot "$1" /usr/bin/keepalive run --idle=55 -- /idle' sh "$root"
	assert_output 'idle 55'
	rm -r "$root/idle" "$root/lib/"ld-musl* "$root/proc"
	run -0 $apk del keepalive-shim
	find "$root" | grep -v -e '/lib/apk' -e '/var/' -e '/lib$' | sort >"$BATS_TEST_TMPDIR/after"
	run diff <(grep -v -e '/lib/apk' -e '/var/' -e '/lib$' "$BATS_TEST_TMPDIR/before") "$BATS_TEST_TMPDIR/after"
	assert_output ''
}

# verify DIRECTORY: runs the commands of SECURITY.md on the files of a release, in the order of the page.
verify() {
	local page=$REPOSITORY/.github/SECURITY.md

	(cd "$1" && sh -euc "$(grep '^sha256sum' "$page"); $(grep '^ssh-keygen -Y verify' "$page")") 2>&1
}

@test "make release: a list of contents, SHA256SUMS and a signature, verified as SECURITY.md describes" {
	local place=$BATS_TEST_TMPDIR/release

	require ssh-keygen
	cp -R "$PACKAGES" "$place"
	# For a file from another job, the list takes the C library from the .tar.gz beside it.
	echo apk >"$place/keepalive-shim-$(sed -n 's/^VERSION = //p' "$REPOSITORY/Makefile")-r0.$ARCH.apk"
	ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/key"
	echo "release $(cut -d ' ' -f 1,2 "$BATS_TEST_TMPDIR/key.pub")" >"$place/signers"
	run -0 env SIGNING_KEY="$BATS_TEST_TMPDIR/key" VERSION="$(sed -n 's/^VERSION = //p' "$REPOSITORY/Makefile")" \
		"$REPOSITORY/scripts/packaging/release" "$place"
	run -0 verify "$place"
	assert_line --partial 'Good "file" signature for release'
	for file in deb rpm apk tar.gz spdx.json; do
		[ "$file" != rpm ] || command -v rpmbuild >/dev/null || continue
		assert_line --regexp "\.$file: OK$"
	done
	run -0 jq -r '.packages[] | select(.packageFileName) | .packageFileName' "$place"/*.spdx.json
	assert_line --regexp '\.apk$'
	run -0 jq -r '.relationships[] | select(.relationshipType == "STATIC_LINK") | .spdxElementId + " " + .relatedSpdxElement' \
		"$place"/*.spdx.json
	assert_line --regexp 'apk SPDXRef-(musl|glibc)$'
	assert_line --regexp 'tar-gz SPDXRef-libgcc$'
	refute_output --partial deb
	# A changed file and a changed list are both detected.
	printf x >>"$(compgen -G "$place/*.tar.gz")"
	run -1 verify "$place"
	assert_line --partial 'tar.gz: FAILED'
	(cd "$place" && sha256sum -- *.deb *.tar.gz >SHA256SUMS)
	run verify "$place"
	assert_failure
	assert_line --partial 'incorrect signature'
}
