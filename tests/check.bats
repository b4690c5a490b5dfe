#!/usr/bin/env bats
# keepalive check: whether the shim takes effect and, if not, why; the exit status is the answer.

load helpers
load outside

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	echo 'int main(void) { return 0; }' >program.c
}

# compile FLAG...: compiles program.c with these flags.
compile() {
	"${CC:-cc}" "$@" -o program program.c 2>/dev/null || skip "${CC:-cc} $* does not work here"
}

@test "a dynamic program: yes" {
	compile
	run -0 --separate-stderr "$KEEPALIVE" check ./program
	assert_output "./program: yes, by preload, idle=60s interval=10s count=6
./program: all by default"
	assert_equal "$stderr" ""
	KEEPALIVE_SHIM_IDLE=20 run -0 "$KEEPALIVE" check ls
	assert_line --partial "idle=20s"
}

@test "a static program, position independent or not: no, and what to do" {
	for how in -static -static-pie; do
		compile $how
		run -1 "$KEEPALIVE" check ./program
		assert_line --partial "./program: no: it is statically linked"
		assert_line --partial "keepalive run"
	done
}

# says TEXT STATUS COMMAND: the first line of check's answer contains TEXT, and its exit status is STATUS.
says() {
	run "-$2" "$KEEPALIVE" check "$3"
	assert_line --index 0 --partial "$1"
}

# raw_socket [FLAG...]: a program that makes a socket by the system call instruction, as rustix does; with -DBOTH
# another one by the C library.
raw_socket() {
	require_machine x86_64
	cat >program.c <<-'END'
		#include <stdio.h>
		#include <sys/socket.h>
		#include <unistd.h>
		int main(void)
		{
			int on = -1, fd;
			socklen_t length = sizeof(on);
			__asm__ volatile("mov $41, %%eax; syscall" : "=a"(fd) : "D"(AF_INET), "S"(SOCK_STREAM), "d"(0) : "rcx", "r11", "memory");
		#ifdef BOTH
			close(socket(AF_INET, SOCK_STREAM, 0));
		#endif
			getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
			return printf("%d\n", on) != 2;
		}
	END
}

@test "a program that makes its sockets with its own system calls: no; run supervises it by itself" {
	raw_socket
	compile
	run -1 "$KEEPALIVE" check --json ./program
	assert_output --partial '"obstacle": "raw", "supervisable": true'
	run -0 "$KEEPALIVE" run ./program
	assert_output 1
	run -0 shimmed ./program
	assert_output 0
	compile -DBOTH
	run -0 "$KEEPALIVE" check ./program
	assert_line --partial "it can also make sockets by direct system calls"
}

# numbered NUMBER [FLAG...]: a program that calls syscall(2) with this number and the arguments for a TCP socket, and
# prints whether the result has keepalive on.
numbered() {
	cat >program.c <<-'END'
		#include <stdio.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		#ifdef HIDDEN
		static volatile long hidden = NUMBER;
		#define call(number, ...) syscall(hidden, __VA_ARGS__)
		#elif defined(POINTER)
		static long (*volatile call)(long, ...) = syscall;
		#else
		#define call syscall
		#endif
		int main(int count, char **words)
		{
			int on = -1, fd = (int)call(NUMBER, AF_INET + (count > 9), SOCK_STREAM, 0);
			socklen_t length = sizeof(on);
			getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
			return printf("%d\n", on) < 0;
		}
	END
	compile "-DNUMBER=$1" "${@:2}"
}

@test "a program that calls syscall(SYS_socket): no, and run supervises it; another number: yes; one that does not show: a condition" {
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip_as code ;;
	esac
	for how in -O0 -O2 -Os "-O2 -fno-plt" "-O2 -no-pie" "-O2 -Wl,-z,lazy"; do
		[[ $(uname -m)$how != aarch64*plt ]] || continue # there the call is made through a pointer
		# shellcheck disable=SC2086 # words
		numbered SYS_socket $how
		run -1 "$KEEPALIVE" check --json ./program
		assert_output --partial '"obstacle": "raw", "supervisable": true'
		run -0 "$KEEPALIVE" run ./program
		assert_output 1
	done
	numbered SYS_getrandom -O2
	run -0 "$KEEPALIVE" check ./program
	refute_output --partial "syscall"
	for how in -DHIDDEN -DPOINTER; do
		numbered SYS_socket -O2 $how
		run -0 "$KEEPALIVE" check ./program
		assert_line --partial "it calls syscall(2) with numbers that its file does not show"
		run -0 "$KEEPALIVE" run --supervise=always ./program
		assert_output 1
	done
	numbered SYS_connect -O2
	says "yes" 0 ./program
	assert_line --partial "rules by peer or port do not apply to connections that it makes by syscall(2)"
	numbered SYS_io_uring_setup -O2
	says "yes" 0 ./program
	assert_line --partial "it can use io_uring"
}

@test "aarch64: syscall(SYS_socket) in its code is seen" {
	require aarch64-linux-gnu-gcc
	[ -e /usr/aarch64-linux-gnu/include/stdio.h ] || skip "the C library of aarch64 is not installed"
	local linker
	linker=$(readelf -lW "$PROGRAMS/armed" | sed -n 's/.*interpreter: \(.*\)].*/\1/p') # one that exists here
	for how in -O0 -O2 -mbranch-protection=standard; do
		CC=aarch64-linux-gnu-gcc numbered SYS_socket $how "-Wl,--dynamic-linker=$linker"
		run -1 "$KEEPALIVE" check --json ./program
		assert_output --partial '"obstacle": "raw"'
	done
	CC=aarch64-linux-gnu-gcc numbered SYS_getrandom -O2 "-Wl,--dynamic-linker=$linker"
	run -1 "$KEEPALIVE" check --json ./program
	refute_output --partial '"obstacle": "raw"'
}

@test "Free Pascal's and klibc's programs: no; run supervises them by itself" {
	local found=0
	if command -v fpc; then
		echo 'program c; uses cthreads, sockets; begin end.' >c.pas
		fpc c.pas
		says "it is a Free Pascal program" 1 ./c
		assert_line --partial "'keepalive run' supervises it"
		run -0 "$KEEPALIVE" run ./c
		found=1
	fi
	if [ -x /usr/lib/klibc/bin/true ]; then
		says "is not a real one (klibc)" 1 /usr/lib/klibc/bin/true
		run -0 "$KEEPALIVE" run /usr/lib/klibc/bin/true
		found=1
	fi
	[ "$found" = 1 ] || skip "neither fpc nor klibc-utils is installed"
}

@test "a Go program that is stripped down to its function table is recognised" {
	echo '__asm__(".section .gopclntab,\"a\"; .byte 0; .text"); int main(void) { return 0; }' >program.c
	compile -static
	says "it is a static Go program" 1 ./program
	assert_line --partial "Go's net package sets 15s of its own"
}

@test "the dynamic linker with a program behind it, and a process started so: yes" {
	require_glibc
	local linker
	linker=$(readelf -lW "$PROGRAMS/armed" | sed -n 's/.*interpreter: \(.*\)].*/\1/p')
	says "yes, by preload" 0 "$linker"
	assert_line --partial "this applies to the program that it is given"
	ln -s "$linker" renamed
	says "yes, by preload" 0 ./renamed
	background env LD_PRELOAD="$SHIM" "$linker" "$(command -v sleep)" 60
	await 5 grep -q keepalive-shim "/proc/$!/maps"
	says "yes, by preload" 0 $!
}

@test "a static program that is position independent is no dynamic linker, whatever it is called" {
	local name
	echo 'int main(void) { return 0; }' | "${CC:-cc}" -static-pie -x c -o "$BATS_TEST_TMPDIR/it" - 2>/dev/null || skip_as static
	for name in ld-tool ld.so ld64.so.2 ld-musl-x86_64.so.1 libc.so; do
		cp "$BATS_TEST_TMPDIR/it" "$BATS_TEST_TMPDIR/$name"
		run -1 "$KEEPALIVE" check "$BATS_TEST_TMPDIR/$name"
		assert_output --partial "no: it is statically linked"
	done
}

@test "limits of a yes are reported: scripts, file capabilities, setuid, sanitizers, rcmd(3), PHP" {
	printf '#!/bin/sh\nexec "$@"\n' >entrypoint.sh
	chmod +x entrypoint.sh
	says "yes" 0 ./entrypoint.sh
	assert_line --index 1 "./entrypoint.sh: this applies to the script itself; a static or Go program that it starts needs 'keepalive run --supervise=always'"

	run -0 "$KEEPALIVE" check sh -c 'true; false'
	assert_line --partial "this applies to the script itself"
	run -0 "$KEEPALIVE" check sh
	refute_output --partial "script"
	cp "$PROGRAMS/values" ./ssh
	run -0 "$KEEPALIVE" check ./ssh host
	refute_output --partial "script"

	echo 'int rcmd(void); int socket(void); int main(void) { return socket() == 1 && rcmd(); }' >program.c
	compile -w
	says "yes" 0 ./program
	assert_line --partial "connections by rcmd(3) are made inside the C library"
	echo 'int rcmd(void); int main(int c, char **v) { return c > 9 && rcmd(); }' >program.c
	compile -w
	says "no: the C library makes its connections (rcmd(3))" 1 ./program

	if php=$(command -v php) && "$php" -r 'exit(PHP_VERSION_ID < 80500 ? 0 : 1);'; then
		says "yes" 0 "$php"
		assert_line --partial "PHP before 8.5 opens its extensions with RTLD_DEEPBIND"
	fi
	require_root
	echo 'int main(void) { return 0; }' >program.c
	compile
	chmod 4755 program
	says "yes" 0 ./program
	assert_line --partial "to its owner alone: it is setuid"
	chmod 755 program
	require setcap
	setcap cap_net_raw+p program || skip_as capabilities
	says "yes" 0 ./program
	assert_line --partial "to root alone: the file has capabilities"
}

# deep WORD...: a process with the shim in which each word makes a socket: plain, a library loaded as usual; deep, one
# opened with RTLD_DEEPBIND; apart, one opened by dlmopen(); own, the program itself. Its pid is in $deep.
deep() {
	require_glibc
	echo '#include <sys/socket.h>
		int make(void) { return socket(AF_INET, SOCK_STREAM, 0); }' >make.c
	local name
	for name in plain deep apart; do
		"${CC:-cc}" -shared -fPIC -o "lib$name.so" make.c
		${after_libraries:+"$after_libraries" "lib$name.so"}
	done
	cat >program.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <string.h>
		#include <sys/socket.h>
		#include <unistd.h>
		int main(int count, char **words)
		{
			for (int i = 1; i < count; i++) {
				void *object = !strcmp(words[i], "plain") ? dlopen("./libplain.so", RTLD_NOW)
					     : !strcmp(words[i], "deep") ? dlopen("./libdeep.so", RTLD_NOW | RTLD_DEEPBIND)
					     : !strcmp(words[i], "apart") ? dlmopen(LM_ID_NEWLM, "./libapart.so", RTLD_NOW) : NULL;
				int (*make)(void) = object ? (int (*)(void))dlsym(object, "make") : NULL;
				if ((make ? make() : OWN) < 0)
					return 1;
			}
			return pause();
		}
	END
	compile "-DOWN=${OWN-0}" -Wl,-z,lazy -ldl
	background "${AS[@]}" env LD_PRELOAD="$SHIM" ./program "$@"
	deep=$!
	await 5 grep -q S "/proc/$deep/stat"
	await 5 test -e "/proc/$deep/fd/$((2 + $#))"
}

@test "a process with libraries that were loaded out of a preload's reach: which ones, and that their sockets are not reached" {
	deep plain
	says "yes, by preload" 0 "$deep"
	refute_output --partial "but not for"
	deep plain deep apart
	says "yes, by preload" 0 "$deep"
	assert_line --partial "but not for the sockets of libapart.so, libdeep.so, loaded with RTLD_DEEPBIND or dlmopen()"
	assert_line --partial "2 of its 3 TCP sockets have other values"
	deep deep
	says "no: the library is loaded, but the calls of libdeep.so lead past it" 1 "$deep"
	OWN='socket(AF_INET,SOCK_STREAM,0)'
	deep deep
	says "yes, by preload" 0 "$deep"
	assert_line --partial "but not for the sockets of libdeep.so"
}

@test "a process whose preload or libraries were replaced or removed by an upgrade since: the answer stays" {
	local OWN='socket(AF_INET,SOCK_STREAM,0)' SHIM=$PWD/libkeepalive-shim.so
	install -m 755 "$BUILD/libkeepalive-shim.so" "$SHIM"
	deep deep own
	install -m 755 "$SHIM" upgraded
	mv upgraded "$SHIM"
	grep -q 'libkeepalive-shim.so (deleted)' "/proc/$deep/maps"
	says "yes, by preload" 0 "$deep"
	assert_line --partial "but not for the sockets of libdeep.so"
	rm libdeep.so
	says "yes, by preload" 0 "$deep"
	cat "/proc/$deep/map_files/"* >/dev/null 2>&1 || skip "what is mapped cannot be opened here"
	assert_line --partial "but not for the sockets of libdeep.so, loaded with RTLD_DEEPBIND"
}

@test "a process with a library whose file is gone, for a user who may not look behind that: not known" {
	make_public
	install -m 755 "$SHIM" "$PUBLIC"
	cd "$PUBLIC"
	echo >program.c
	AS=("${NOBODY[@]}")
	SHIM=$PUBLIC/libkeepalive-shim.so deep plain
	run -0 as_nobody check "$deep"
	refute_output --partial "not known"
	rm libplain.so
	run -0 as_nobody check "$deep"
	assert_line --partial "whether this holds for the sockets of libplain.so is not known, because the file is gone or cannot be read"
}

# without_sections FILE: removes its table of sections, as sstrip(1) does.
without_sections() {
	python3 - "$1" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    wide = file.read(5)[4] == 2
		    for at, size in ((0x28, 8), (0x3c, 4)) if wide else ((0x20, 4), (0x30, 4)):
		        file.seek(at)
		        file.write(bytes(size))
	END
}

@test "libraries and programs without a table of sections are read like others" {
	require python3
	compile() { "${CC:-cc}" "$@" -o program program.c && without_sections program; }
	after_libraries=without_sections
	OWN='socket(AF_INET,SOCK_STREAM,0)' deep deep own
	says "yes, by preload" 0 "$deep"
	assert_line --partial "but not for the sockets of libdeep.so, loaded with RTLD_DEEPBIND"
	deep deep
	says "no: the library is loaded, but the calls of libdeep.so lead past it" 1 "$deep"
	[ "$(uname -m)" = x86_64 ] || return 0
	numbered SYS_socket -O2
	says "no: it makes its sockets by system calls" 1 ./program
}

# raw_library NAME HOW [FLAG...]: libNAME.so, whose make() gets a TCP socket by a system call: HOW is "instruction" or
# "function"; "random" makes none, but calls syscall(2) for random bytes.
raw_library() {
	cat >make.c <<-'END'
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int make(void)
		{
		#ifdef instruction
			int fd;
			__asm__ volatile("syscall" : "=a"(fd) : "0"(SYS_socket), "D"(AF_INET), "S"(SOCK_STREAM), "d"(0) : "rcx", "r11", "memory");
			return fd;
		#elif defined(function)
			return (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
		#else
			char bytes[4];
			return (int)syscall(SYS_getrandom, bytes, sizeof(bytes), 0) == 4;
		#endif
		}
	END
	"${CC:-cc}" -O1 -shared -fPIC "-D$2" "${@:3}" -o "lib$1.so" make.c
}

# with_library FLAG...: a program that gets a socket from a library's make(), linked to it or, with -DOPEN, opened; prints
# whether that has keepalive on and, if it has an argument, waits. -DBOTH: it also makes one by the C library.
with_library() {
	cat >program.c <<-'END'
		#include <dlfcn.h>
		#include <stdio.h>
		#include <sys/socket.h>
		#include <unistd.h>
		int make(void);
		int main(int count, char **words)
		{
			int on = -1, fd;
			socklen_t length = sizeof(on);
		#ifdef BOTH
			close(socket(AF_INET, SOCK_STREAM, 0));
		#endif
		#ifdef OPEN
			fd = ((int (*)(void))dlsym(dlopen(OPEN, RTLD_NOW), "make"))();
		#else
			fd = make();
		#endif
			getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &length);
			printf("%d\n", on);
			fflush(stdout);
			return words[1] ? pause() : 0;
		}
	END
	"${CC:-cc}" -o program program.c "$@" -ldl
}

@test "a program whose library makes its sockets with its own system calls: no, and run supervises it; if it makes others too: a condition" {
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip_as code ;;
	esac
	local hows=(function)
	[ "$(uname -m)" != x86_64 ] || hows+=(instruction)
	for how in "${hows[@]}"; do
		raw_library raw "$how"
		with_library ./libraw.so
		run -1 "$KEEPALIVE" check ./program
		assert_line "./program: no: its sockets are made by libraw.so, by system calls that bypass the C library and any preload"
		run -1 "$KEEPALIVE" check --json ./program
		assert_output --partial '"obstacle": "raw", "supervisable": true'
		run -0 "$KEEPALIVE" run ./program
		assert_output 1
		with_library -DBOTH ./libraw.so
		says "yes, by preload" 0 ./program
		assert_line --partial "but not for sockets that libraw.so makes by direct system calls; 'keepalive run --supervise=always'"
	done
	raw_library raw random
	with_library ./libraw.so
	run -0 "$KEEPALIVE" check ./program
	refute_output --partial "raw"
}

@test "a library that makes raw sockets is found as the dynamic linker finds it" {
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip_as code ;;
	esac
	mkdir below
	raw_library raw function -Wl,-soname,libraw.so
	mv libraw.so below
	echo 'int make(void); int outer(void) { return make(); }' >outer.c
	# by RUNPATH, RPATH, and LD_LIBRARY_PATH
	for flag in '-Wl,-rpath,$ORIGIN/below' '-Wl,--disable-new-dtags,-rpath,${ORIGIN}/below' ''; do
		with_library below/libraw.so ${flag:+"$flag"}
		(
			[ -n "$flag" ] || export LD_LIBRARY_PATH=/none:$PWD/below
			cd /
			says "no: its sockets are made by libraw.so" 1 "$BATS_TEST_TMPDIR/program"
			run -0 "$KEEPALIVE" run "$BATS_TEST_TMPDIR/program"
			assert_output 1
		)
	done
	says "yes" 0 ./program # not found, nor by the dynamic linker
	# a library of a library, which only the RPATH of the program finds
	"${CC:-cc}" -shared -fPIC -o below/libouter.so outer.c below/libraw.so -Wl,-soname,libouter.so
	"${CC:-cc}" -shared -fPIC -nostdlib -o libstub.so -x c - <<<'int make(void) { return 0; }'
	with_library -Wl,--no-as-needed below/libouter.so libstub.so -Wl,--disable-new-dtags,-rpath,"$PWD/below:$PWD"
	says "no: its sockets are made by libraw.so" 1 ./program
}

@test "a process with a library that makes raw sockets, linked or opened: no, or which library's sockets are not reached" {
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip_as code ;;
	esac
	raw_library raw function
	for how in ./libraw.so -DOPEN='"./libraw.so"'; do
		with_library "$how"
		background env LD_PRELOAD="$SHIM" ./program wait >on
		await 5 grep -q 0 on
		says "no: the library is loaded, but the calls of libraw.so lead past it" 1 $!
		assert_line --partial "start it with 'keepalive run --supervise=always'"
		with_library "$how" -DBOTH
		background env LD_PRELOAD="$SHIM" ./program wait >on
		await 5 grep -q 0 on
		says "yes, by preload" 0 $!
		assert_line --partial "but not for sockets that libraw.so makes by direct system calls"
		rm on
	done
	raw_library raw random
	with_library ./libraw.so
	background env LD_PRELOAD="$SHIM" ./program wait >on
	await 5 grep -q 1 on
	says "yes, by preload" 0 $!
	refute_output --partial raw
}

@test "programs that are linked to many libraries: none is taken for one that makes raw sockets" {
	local program found=0
	for program in curl ssh python3 node git nginx postgres php ruby perl psql wget gdb mariadb redis-server; do
		program=$(command -v "$program") || continue
		run "$KEEPALIVE" check "$program"
		refute_output --regexp "made by lib|sockets that .* by direct system calls"
		found=1
	done
	[ "$found" = 1 ] || skip "none of them is installed"
}

@test "sockets that have other values than the settings: how many, and one of them" {
	require python3
	background env LD_PRELOAD="$SHIM" python3 -c '
import signal, socket
kept = [socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))]
kept[1].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
kept.append(socket.socket())
kept[2].setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 7)
signal.pause()'
	await 15 sockets $! idle=7
	says "yes, by preload" 0 $!
	assert_line --regexp "^$!: 2 of its 3 TCP sockets have other values, set by the program itself or earlier; such as listener 127\.0\.0\.1:[0-9]+ has keepalive off$"
	run -0 "$KEEPALIVE" check --json $!
	assert_output --partial '"sockets": 3, "differing": 2'
}

@test "a script is judged by its interpreter" {
	compile -static
	printf '#!%s\n' "$PWD/program" >by-static
	printf '#!/bin/sh\n' >by-dynamic
	printf '#!/usr/bin/env -S by-static x\n' >nested
	chmod +x by-static by-dynamic nested
	run -1 "$KEEPALIVE" check ./by-static
	run -0 "$KEEPALIVE" check ./by-dynamic
	PATH=$PWD:$PATH run -1 "$KEEPALIVE" check nested
	assert_line --partial statically
}

@test "env(1) in a #! line: followed; without LD_PRELOAD: no, and run supervises; options that are not known: unknown" {
	for options in '-S -i sh' '-S -u LD_PRELOAD sh' '-S LD_PRELOAD= sh' '-S env - /bin/sh'; do
		printf '#!/usr/bin/env %s\n' "$options" >odd
		chmod +x odd
		run -1 "$KEEPALIVE" check --json ./odd
		assert_output --partial '"obstacle": "environment", "supervisable": true'
	done
	printf '#!/usr/bin/env -S -i sh\nexec "%s"\n' "$PROGRAMS/armed" >odd
	run -0 "$KEEPALIVE" run ./odd
	assert_output --partial "$DEFAULTS"
	for options in '-S "sh" -e' '-S --chdir=/ bin/sh' '-S -P /bin sh'; do
		printf '#!/usr/bin/env %s\n' "$options" >odd
		run -125 "$KEEPALIVE" check ./odd
		assert_output --partial "unknown: what env(1) starts"
	done
	for options in '-Ssh -e' '-S -u X sh' '-vS X=1 sh'; do
		printf '#!/usr/bin/env %s\n' "$options" >odd
		run -0 "$KEEPALIVE" check ./odd
	done
	printf '#!/usr/bin/env -S KEEPALIVE_SHIM_IDLE=9 sh\n' >odd
	run -0 "$KEEPALIVE" check ./odd
	assert_line --partial "which override these settings"
}

@test "env(1) as the command: what it starts is judged, and served by run" {
	compile -static
	run -1 "$KEEPALIVE" check env A=1 ./program
	assert_line "env A=1 ./program: no: it is statically linked: no dynamic linker, so no preload"
	run -1 "$KEEPALIVE" check env -u A env -S '-i B=1' ./program
	run -125 "$KEEPALIVE" check env -u A env -iS 'B=1' ./none
	assert_output --partial "'./none': No such file or directory"
	run -1 "$KEEPALIVE" check env -i ls -l
	assert_line "env -i ls -l: no: env(1) starts it without LD_PRELOAD"
	run -0 "$KEEPALIVE" run env -i A=1 "$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
	run -0 "$KEEPALIVE" run env -i -S 'A=1 B=2' env
	assert_output "A=1
B=2"
	run -0 "$KEEPALIVE" check env
	run -0 "$KEEPALIVE" check env -i LD_PRELOAD="$SHIM" ls
	PATH=$PATH:$PWD run -1 "$KEEPALIVE" check env PATH="$PWD" program
	for options in '-C /' --chdir=/ '--chdir /' --ignore-signal '--block-signal=PIPE --default-signal' '-C/ -u A' '--unset A'; do
		# shellcheck disable=SC2086 # words
		run -0 "$KEEPALIVE" check env $options ls
		# shellcheck disable=SC2086 # words
		run -1 "$KEEPALIVE" check env -i $options ls
	done
	run -125 "$KEEPALIVE" check env -C / bin/ls
	# What it starts is not known, but that no preload reaches it is.
	run -1 "$KEEPALIVE" check env -i -C / bin/ls
	run -0 "$KEEPALIVE" run env -i -C / ".$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
	run -0 "$KEEPALIVE" run env -i -C / "$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
	run -127 "$KEEPALIVE" run env -i ./none
}

@test "a static program among the arguments, as of timeout(1): check and run name it, and run supervises it when asked to" {
	cp "$PROGRAMS/values" .
	compile -static
	run -0 "$KEEPALIVE" check timeout 5 ./program
	assert_line "timeout 5 ./program: './program', which it is given, is static or Go; if it starts that, it needs 'keepalive run --supervise=always'"
	run -0 "$KEEPALIVE" check timeout 5 ./values
	refute_output --partial "which it is given"
	# Behind a second one, and behind a script.
	run -0 "$KEEPALIVE" check timeout 5 nice ./program
	assert_line --partial "'./program', which it is given, is static or Go"
	printf '#!/bin/sh\nexec "$@"\n' >entrypoint.sh
	chmod +x entrypoint.sh
	run -0 "$KEEPALIVE" check timeout 5 ./entrypoint.sh ./program
	assert_line --partial "'./program', which it is given, is static or Go"
	run -0 "$KEEPALIVE" check timeout 5 ./entrypoint.sh ./values
	assert_line --partial "this applies to the script itself"
	run -0 --separate-stderr "$KEEPALIVE" run timeout 5 ./program
	assert_equal "$stderr" "keepalive: warning: 'timeout': './program', which it is given, is static or Go; if it starts that, it needs 'keepalive run --supervise=always'"
	run -0 --separate-stderr "$KEEPALIVE" run --supervise=always timeout 5 ./program
	assert_equal "$stderr" ""
}

@test "a process that has the library's file only as data, or its name in a path: no" {
	local how

	mkdir "$BATS_TEST_TMPDIR/libkeepalive-shim.so.d"
	cp "$(readlink -f "$(command -v sleep)")" "$BATS_TEST_TMPDIR/libkeepalive-shim.so.d/sleep"
	background "$BATS_TEST_TMPDIR/libkeepalive-shim.so.d/sleep" 60
	in_path=$!
	background python3 -c 'import mmap, sys, time
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
time.sleep(60)' "$SHIM"
	as_data=$!
	await 10 grep -q libkeepalive-shim "/proc/$as_data/maps"
	await 10 grep -q libkeepalive-shim "/proc/$in_path/maps"
	for how in $in_path $as_data; do
		run -1 "$KEEPALIVE" check "$how"
		assert_line --partial "no: the library is not loaded in it"
	done
}

@test "an environment with a byte 255 is read to its end" {
	background env -i "A=$(printf 'x\377y')" KEEPALIVE_SHIM=off LD_PRELOAD="$SHIM" /bin/sleep 60
	await 10 grep -q libkeepalive-shim "/proc/$!/maps"
	run -1 "$KEEPALIVE" check $!
	assert_line "$!: no: KEEPALIVE_SHIM=off"
}

@test "--json: a string of more than 4,096 bytes is whole" {
	KEEPALIVE_SHIM_RULES="program=x$(printf 'é%.0s' {1..3000}) off" run -0 --separate-stderr "$KEEPALIVE" check --json true
	python3 -c 'import json, sys
text = sys.stdin.buffer.read().decode()
json.loads(text)
assert text.count("é") == 3000' <<<"$output"
}

@test "a missing dynamic linker is named" {
	compile -Wl,--dynamic-linker=/no/such/ld.so
	run -1 "$KEEPALIVE" check ./program
	assert_line --partial "/no/such/ld.so is missing"
	run -127 "$KEEPALIVE" run ./program
	assert_output --partial "/no/such/ld.so"
}

@test "another architecture: no, with the names of both" {
	compile
	cp program foreign
	# e_machine, elf(5): aarch64 here, x86-64 there
	machine='\xb7\x00'
	[ "$(uname -m)" != aarch64 ] || machine='\x3e\x00'
	printf "$machine" | dd of=foreign bs=1 seek=18 conv=notrunc status=none
	run -1 "$KEEPALIVE" check ./foreign
	assert_line --regexp "it is a program for (aarch64|x86-64) and the library is for"
}

@test "a program of the other byte order: another architecture, not static" {
	compile
	cp program foreign
	# EI_DATA, elf(5)
	other=2
	[ "$(od -An -tx1 -j5 -N1 program | tr -d ' ')" = 01 ] || other=1
	printf "\\x0$other" | dd of=foreign bs=1 seek=5 conv=notrunc status=none
	run -1 "$KEEPALIVE" check --json ./foreign
	assert_output --partial '"obstacle": "architecture", "supervisable": false'
	assert_output --partial "it is a program for another architecture"
}

@test "setuid, setgid and file capabilities: no, for users who do not have these privileges already" {
	make_public
	install -m 755 "$SHIM" "$PUBLIC"
	cd "$PUBLIC"
	echo 'int main(void) { return 0; }' >program.c
	compile
	chmod 4755 program
	run -0 "$KEEPALIVE" check ./program
	run -1 as_nobody check --json ./program
	assert_line --partial '"obstacle": "privilege", "supervisable": false'
	run -1 as_nobody check ./program
	assert_line --partial setuid
	run -0 "${NOBODY[@]}" --no-new-privs "$PUBLIC/keepalive" check ./program
	# In a user namespace in which the file's owner is not mapped, the bit has no effect.
	if "${NOBODY[@]}" unshare -U true; then
		run -0 "${NOBODY[@]}" unshare -U "$PUBLIC/keepalive" check ./program
		run -0 "${NOBODY[@]}" unshare -r "$PUBLIC/keepalive" check ./program
	fi
	chmod 2755 program
	run -1 as_nobody check ./program
	assert_line --partial setgid
	chmod 755 program
	require setcap
	setcap cap_net_raw+p program || skip_as capabilities
	run -1 as_nobody check ./program
	assert_line --partial "file capabilities"
}

@test "check takes the options of run, for a command" {
	run -0 "$KEEPALIVE" check --idle=20 --mode=force ls
	assert_output "ls: yes, by preload, idle=20s interval=10s count=6 mode=force
ls: idle from --idle, mode from --mode, the rest by default"
	run -1 "$KEEPALIVE" check --rule='program=ls off' ls
	assert_output --partial "a rule exempts 'ls'"
	run -125 "$KEEPALIVE" check --idle=5x ls
	assert_output --partial "--idle '5x'"
	for option in --idle=20 "--library=$SHIM"; do
		run -125 "$KEEPALIVE" check "$option" $$
		assert_output "keepalive: check: process $$ has a library and settings of its own; options apply to a COMMAND only"
	done
}

@test "mode and role are printed if they are not the defaults" {
	run -0 env KEEPALIVE_SHIM_MODE=force KEEPALIVE_SHIM_ROLE=server "$KEEPALIVE" check ls
	assert_output --regexp ' role=server mode=force'
	run -0 env KEEPALIVE_SHIM_ROLE=client "$KEEPALIVE" check ls
	assert_output --partial ' role=client'
	refute_output --partial mode=
}

@test "KEEPALIVE_SHIM=off and rules: no, and which" {
	run -1 env KEEPALIVE_SHIM=off "$KEEPALIVE" check ls
	assert_line --partial KEEPALIVE_SHIM=off
	KEEPALIVE_SHIM_RULES='program=l? off' run -1 "$KEEPALIVE" check ls
	assert_line --partial "a rule exempts 'ls'"
	KEEPALIVE_SHIM_RULES='program=l? role=client off' run -0 "$KEEPALIVE" check ls
	KEEPALIVE_SHIM_RULES='role=server idle=9; off' run -0 "$KEEPALIVE" check ls
}

@test "no library: no" {
	mkdir bin
	cp "$KEEPALIVE" bin
	run -1 bin/keepalive check ls
	assert_line --partial "was found neither beside this command nor in an installed place"
	run -0 bin/keepalive check --library="$SHIM" ls
}

@test "a file that is not found or cannot be executed: which one, and what it may be" {
	cd "$BATS_TEST_TMPDIR"
	printf '#!/no/such/interpreter\n' >a-script
	printf '#!/usr/bin/env no-such-program\n' >by-env
	chmod +x a-script by-env
	run -125 "$KEEPALIVE" check a-script
	assert_output "keepalive: 'a-script' is not in PATH; for the file in this directory, write './a-script'"
	run -125 "$KEEPALIVE" check ./a-script
	assert_output "keepalive: './a-script' is run by '/no/such/interpreter': No such file or directory"
	run -125 "$KEEPALIVE" check ./by-env
	assert_output "keepalive: './by-env' is run by 'no-such-program': No such file or directory"
	run -125 "$KEEPALIVE" check env no-such-program
	assert_output "keepalive: 'no-such-program': No such file or directory"
	run -125 "$KEEPALIVE" check "$BATS_TEST_TMPDIR"
	assert_output "keepalive: '$BATS_TEST_TMPDIR': Is a directory"
}

@test "what cannot be known is reported as unknown" {
	run -125 "$KEEPALIVE" check no-such-program
	run -125 "$KEEPALIVE" check /etc
	run -125 "$KEEPALIVE" check 999999999
	run -125 "$KEEPALIVE" check
	run -125 "$KEEPALIVE" check $$ b
	assert_output --partial "options go before it"
	run -125 "$KEEPALIVE" check --nonsense ls
	printf '\0\1\2' >binary
	chmod +x binary
	run -125 "$KEEPALIVE" check ./binary
	assert_line "./binary: ask for the program that runs it, or for a process"
	KEEPALIVE_SHIM_IDLE=5x run -125 "$KEEPALIVE" check ls
}

@test "a program that may be executed but not read: unknown" {
	make_public
	install -m 755 "$SHIM" "$PUBLIC"
	compile
	install -m 711 program "$PUBLIC"
	run -125 as_nobody check "$PUBLIC/program"
	assert_line --partial "may not be read"
	run -0 as_nobody run "$PUBLIC/program"
}

@test "broken ELF files do no harm" {
	compile
	size=$(stat -c %s program)
	for i in $(seq 1 60); do
		cp program broken
		printf '\xff\xff\xff\xff' | dd of=broken bs=1 seek=$((i * 7 % 200)) conv=notrunc status=none
		run "$KEEPALIVE" check ./broken
		[[ $status == 0 || $status == 1 || $status == 125 ]] || fail "at $((i * 7 % 200)): $output"
	done
	for i in 0 3 16 40 63 64 100 500 $((size / 2)); do
		head -c "$i" program >broken
		chmod +x broken
		run "$KEEPALIVE" check ./broken
		[[ $status == 0 || $status == 1 || $status == 125 ]]
	done
}

@test "a process: whether it is loaded there, and with which settings" {
	background env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_IDLE=33 sleep 60
	await 5 grep -q libkeepalive-shim "/proc/$!/maps"
	run -0 "$KEEPALIVE" check $!
	assert_output "$!: yes, by preload, idle=33s interval=10s count=6
$!: idle from KEEPALIVE_SHIM_IDLE, the rest by default"
	background env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM=off sleep 60
	await 5 grep -q libkeepalive-shim "/proc/$!/maps"
	run -1 "$KEEPALIVE" check $!
	assert_line --partial "KEEPALIVE_SHIM=off"
	background env LD_PRELOAD="$SHIM" KEEPALIVE_SHIM_RULES='program=sl* off' sleep 60
	await 5 grep -q libkeepalive-shim "/proc/$!/maps"
	run -1 "$KEEPALIVE" check $!
	assert_line --partial "a rule exempts 'sleep'"
	background sleep 60
	await 5 grep -qx sleep "/proc/$!/comm"
	run -1 "$KEEPALIVE" check $!
	assert_line --partial "not loaded"
	assert_line --partial "keepalive attach"
}

@test "nginx, redis: a process whose title overwrites its environment: loaded, with unknown settings" {
	cat >program.c <<-'END'
		#include <string.h>
		#include <unistd.h>
		extern char **environ;
		int main(int argc, char **argv)
		{
			for (char **entry = environ; *entry; entry++)
				memset(*entry, 0, strlen(*entry));
			strcpy(argv[0], "over");
			return argc > 1 ? pause() : 0;
		}
	END
	compile
	for setting in KEEPALIVE_SHIM_IDLE=33 KEEPALIVE_SHIM=off; do
		background env LD_PRELOAD="$SHIM" $setting "$PWD/program" wait
		await 5 grep -qzx over "/proc/$!/cmdline"
		run -125 "$KEEPALIVE" check $!
		assert_line --partial "unknown: it is reached, but has overwritten its original environment"
		assert_line --partial "keepalive status"
		run -125 "$KEEPALIVE" check --json $!
		assert_output --partial '"obstacle": "overwritten"'
	done
	background "$PWD/program" wait
	await 5 grep -qzx over "/proc/$!/cmdline"
	run -1 "$KEEPALIVE" check $!
	assert_line --partial "not loaded"
}

@test "a supervised process: yes" {
	background "$KEEPALIVE" run --supervise=always --idle=44 sleep 60
	await 5 grep -qx sleep "/proc/$!/comm" || skip_as notification
	run -0 "$KEEPALIVE" check $!
	assert_line "$!: yes, by supervision, idle=44s interval=10s count=6"
}

# supervised_daemon WHAT: the shell runs WHAT when the process that was supervised first has ended; its pid is in $daemon.
supervised_daemon() {
	require_supervision
	"$KEEPALIVE" run --supervise=always sh -c "$1 & echo \$! >daemon" 3>&- 4>&-
	daemon=$(cat daemon)
	cat daemon >>background # so that teardown ends it
}

@test "a supervised process whose command line leaves no room for the supervisor's name: yes" {
	require_supervision
	printf '#include <unistd.h>\nint main(void) { return pause(); }\n' >program.c
	compile -static
	mv program s
	PATH=$PWD:$PATH background "$KEEPALIVE" run s
	await 5 grep -qx s "/proc/$!/comm"
	run -0 "$KEEPALIVE" check $!
	assert_output --partial "by supervision"
}

@test "a supervised daemon: yes once it has made a socket, unknown until then" {
	require python3
	supervised_daemon 'exec sleep 60'
	run -125 "$KEEPALIVE" check "$daemon"
	assert_output --partial "unknown"
	assert_output --partial "keepalive status"
	supervised_daemon "python3 -c 'import os, socket, time
while os.getppid() != 1: time.sleep(0.01)
kept = socket.socket()
time.sleep(60)'"
	await 10 sockets "$daemon"
	run -0 "$KEEPALIVE" check "$daemon"
	assert_output --partial "yes, by supervision"
}

@test "a supervised daemon whose worker makes the sockets: yes for its master; beside the first process: no \"no\"" {
	require python3
	supervised_daemon "python3 -c 'import os, socket, time
while os.getppid() != 1: time.sleep(0.01)
if os.fork() == 0:
    kept = socket.socket()
    time.sleep(60)
time.sleep(60)'"
	await 10 sockets "$(child_of "$daemon")"
	run -0 "$KEEPALIVE" check "$daemon"
	assert_line --index 0 "$daemon: yes, by supervision"
	assert_line --index 1 --partial "settings cannot be seen"
	run -0 "$KEEPALIVE" check "$(child_of "$daemon")"

	background "$KEEPALIVE" run --supervise=always sh -c '(sleep 61 & echo $! >left); exec sleep 60'
	await 5 test -s left
	cat left >>background
	run -125 "$KEEPALIVE" check "$(cat left)"
	assert_output --partial "unknown"
}

@test "another program's seccomp filter is not taken for supervision, even while a daemon is supervised" {
	require python3
	supervised_daemon "python3 -c 'import os, socket, time
while os.getppid() != 1: time.sleep(0.01)
kept = socket.socket()
time.sleep(60)'"
	await 10 sockets "$daemon"
	background "$PROGRAMS/refuse" EPERM ptrace sleep 60
	await 5 grep -qx sleep "/proc/$!/comm"
	run -1 "$KEEPALIVE" check $!
	assert_output --partial "not loaded"
	run -125 "$PROGRAMS/notified" "$KEEPALIVE" run --supervise=always echo started
	assert_output --partial "something supervises this process already"
}

@test "a static process: how to set keepalive on its sockets now, and on the next ones" {
	printf '#include <unistd.h>\nint main(void) { return pause(); }\n' >program.c
	compile -static
	background ./program
	await 5 grep -qx program "/proc/$!/comm"
	run -1 "$KEEPALIVE" check $!
	assert_line --index 1 "$!: 'keepalive attach' sets keepalive on the sockets that it has now; 'keepalive run' supervises it"
}

@test "a process whose first thread has ended is not called a zombie" {
	cat >program.c <<-'END'
		#include <pthread.h>
		#include <unistd.h>
		static void *rest(void *nothing) { pause(); return nothing; }
		int main(void) { pthread_t thread; pthread_create(&thread, NULL, rest, NULL); pthread_exit(NULL); }
	END
	compile -pthread
	background ./program
	await 5 grep -q '^State:.Z' "/proc/$!/status"
	run -125 "$KEEPALIVE" check $!
	assert_output "keepalive: process $! cannot be inspected: its first thread has ended before the others"
}

@test "a kernel thread: no advice to start it again" {
	kernel=$(pgrep -P 0 -x kthreadd) || skip "kernel threads are not visible here"
	run -1 "$KEEPALIVE" check "$kernel"
	assert_output "$kernel: no: it is a kernel thread"
}

@test "another user's process: unknown" {
	make_public
	background sleep 60
	run -125 as_nobody check $!
	assert_line --partial "unknown: it belongs to another user (uid 0)"
	assert_line --partial CAP_SYS_PTRACE
}

@test "--json prints the same for programs" {
	require python3
	compile -static
	cp program 'a "name"'
	run -1 "$KEEPALIVE" check --json './a "name"'
	python3 - "$output" <<-'END'
		import json, sys
		answer = json.loads(sys.argv[1])
		assert answer["subject"] == './a "name"', answer
		assert answer["effect"] == "no" and answer["obstacle"] == "static", answer
		assert answer["by"] is None and answer["supervisable"] is True, answer
	END
	run -0 "$KEEPALIVE" check --json ls
	python3 - "$output" <<-'END'
		import json, sys
		answer = json.loads(sys.argv[1])
		assert answer["effect"] == "yes" and answer["by"] == "preload", answer
		assert answer["obstacle"] is None and answer["executable"].endswith("/ls"), answer
	END
}

@test "control characters in names do nothing to the terminal" {
	require python3
	compile -Wl,--dynamic-linker=$'/no/\e[31m\nld.so'
	mv program $'pro\e[31m\ngram'
	run -1 "$KEEPALIVE" check $'./pro\e[31m\ngram'
	assert_output './pro?[31m?gram: no: its dynamic linker /no/?[31m?ld.so is missing, so it cannot start here
./pro?[31m?gram: install the C library it was built for'
	run -127 "$KEEPALIVE" run $'./pro\e[31m\ngram'
	assert_output "keepalive: './pro?[31m?gram': its dynamic linker '/no/?[31m?ld.so' is missing"
	run -125 "$KEEPALIVE" check $'none\e[31m\xff'
	assert_output "keepalive: 'none?[31m?': No such file or directory"
	run -1 "$KEEPALIVE" check --json $'./pro\e[31m\ngram'
	python3 -c 'import json, sys; json.loads(sys.argv[1])' "$output"
}

@test "help goes to standard output" {
	run -0 --separate-stderr "$KEEPALIVE" check --help
	assert_line --partial "--json"
	assert_equal "$stderr" ""
}

@test "variables that nothing reads are named: misspelt, of another library, of earlier versions; the library is silent about them" {
	local others=(KEEPALIVE_SHIM_IDEL=20 KEEPALIVE_SHIM_X=1 KEEPALIVE=0 KEEPALIVE_INTERVAL=30 KEEPALIVE_IDLE=20 KEEPIDLE=20
		DD_TCP_KEEPALIVE_TIME=20 DD_TRACE_ENABLED=1 TCP_KEEPCNT=3 KEEPALIVED=1)

	run --separate-stderr env "${others[@]}" LD_PRELOAD="$SHIM" "$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
	assert_equal "$stderr" ""
	run -0 --separate-stderr env "${others[@]}" "$KEEPALIVE" run "$PROGRAMS/armed"
	assert_output --partial "$DEFAULTS"
	assert_equal "$(sort <<<"$stderr")" "keepalive: warning: DD_TCP_KEEPALIVE_TIME is not read; the variable for that is KEEPALIVE_SHIM_IDLE
keepalive: warning: KEEPALIVE_IDLE is not read; the variable for that is KEEPALIVE_SHIM_IDLE
keepalive: warning: KEEPALIVE_SHIM_IDEL is not read: no such setting; did you mean KEEPALIVE_SHIM_IDLE?
keepalive: warning: KEEPALIVE_SHIM_X is not read: no such setting (keepalive-shim(7) lists them)
keepalive: warning: KEEPIDLE is not read; the variable for that is KEEPALIVE_SHIM_IDLE
keepalive: warning: TCP_KEEPCNT is not read; the variable for that is KEEPALIVE_SHIM_COUNT"
	# Programs use these names for purposes of their own, so only check warns of them.
	run -0 --separate-stderr env KEEPALIVE=0 KEEPALIVE_INTERVAL=30 "$KEEPALIVE" check true
	assert_equal "$(sort <<<"$stderr")" "keepalive: warning: KEEPALIVE is not read; the variable for that is KEEPALIVE_SHIM
keepalive: warning: KEEPALIVE_INTERVAL is not read; the variable for that is KEEPALIVE_SHIM_INTERVAL"
	background env KEEPALIVE_SHIM_IDEL=20 LD_PRELOAD="$SHIM" sleep 60
	await 5 grep -q libkeepalive-shim "/proc/$!/maps"
	run -0 --separate-stderr "$KEEPALIVE" check $!
	assert_equal "$stderr" "keepalive: warning: KEEPALIVE_SHIM_IDEL is not read: no such setting; did you mean KEEPALIVE_SHIM_IDLE?"
}
