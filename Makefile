# keepalive-shim: libkeepalive-shim.so and the keepalive command.
# Honours CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR, PREFIX, LIBDIR. Cross builds: make ARCH=aarch64.

# What BSD's make prints before it gives up; for GNU make (3.81 or later) a target that nobody asks for.
.error : this Makefile is for GNU make, often called gmake

VERSION = 0.1.0
# Whom the packages name; who distributes them gives a name and address of their own.
MAINTAINER := $(or $(MAINTAINER),keepalive-shim authors <maintainers@keepalive-shim.example>)
HOMEPAGE   := $(or $(HOMEPAGE),https://keepalive-shim.example/)
export MAINTAINER HOMEPAGE VERSION
PREFIX  = /usr
# The directory for libraries: Debian's lib/x86_64-linux-gnu, plain lib elsewhere.
MULTIARCH = $(shell $(CC) -print-multiarch 2>/dev/null)
LIBDIR  = $(PREFIX)/lib$(addprefix /,$(MULTIARCH))
ZSHDIR  = $(PREFIX)/share/zsh/$(if $(MULTIARCH),vendor-completions,site-functions)

# Debian's cross compilers by architecture name; without ARCH the machine's own.
ARCH =
TRIPLET_x86_64  = x86_64-linux-gnu
TRIPLET_aarch64 = aarch64-linux-gnu
TRIPLET_i386    = i686-linux-gnu
TRIPLET_armhf   = arm-linux-gnueabihf
TRIPLET_riscv64 = riscv64-linux-gnu
ifneq ($(ARCH),)
TRIPLET = $(or $(TRIPLET_$(ARCH)),$(error ARCH=$(ARCH): known are x86_64 aarch64 i386 armhf riscv64))
CROSS   = $(TRIPLET)-
CC      = $(CROSS)gcc
BUILD   = build/$(ARCH)
else
BUILD   = build
endif

CFLAGS ?= -O2 -g
# Nothing, or an error: other compilers know neither the option nor the attributes.
COMPILER = $(if $(MACHINE),,$(error CC=$(CC): gcc or clang is needed, and this one is not there or does not \
          understand -dumpmachine))
# Debian's musl-gcc finds no headers but musl's own.
LINUX   = $(if $(filter %musl-gcc,$(CC)),-idirafter /usr/include -idirafter /usr/include/$(MULTIARCH))
WARN    = -Wall -Wextra -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef \
          -Wwrite-strings $(WERROR)
COMMON  = $(COMPILER) -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ishim/common $(WARN) -MMD -MP $(LINUX)

# One object for every libc: no library is linked in, every libc symbol is weak (preload/libc.h), the
# stack protector and fortify would bring strong ones. Unwind tables stay, so that a thread cancelled
# in accept() runs its C++ destructors, and so does the table by which they are found, which musl-gcc
# leaves out unless asked. The marks: a process has a shadow stack (x86, glibc 2.39) or
# guarded branches (aarch64) only if each of its objects is marked as built for them.
#
# Packagers' flags are for ordinary code. Of theirs the library uses those that name the machine, paths
# and debug information: link-time optimisation puts 11 KiB of frame into each hook, fortify and
# sanitizers bring strong symbols, packed relocations need a C library that knows them, and what is for this
# very processor alone (-march=native) is longer.
KEPT            = -m% -g% -B% -I% -isystem% --sysroot% --target% -fuse-ld% -ffile-prefix-map% \
                  -fdebug-prefix-map% -fmacro-prefix-map% -frandom-seed% -fstack-usage -Wl,--build-id%
OTHERS_CFLAGS   = $(filter-out %=native,$(filter $(KEPT),$(CFLAGS)))
OTHERS_LDFLAGS  = $(filter $(KEPT),$(LDFLAGS))
MARKS_x86_64    = -fcf-protection=full
MARKS_aarch64   = -mbranch-protection=standard
MACHINE        := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
# 40 KiB at most. clang's -Os is larger than gcc's; its -Oz keeps tables for jumps, and copies functions
# into their callers that are shorter called.
CLANG          := $(findstring __clang__,$(shell $(CC) -dM -E -x c /dev/null 2>/dev/null))
SMALL           = $(if $(CLANG),-Oz -fno-jump-tables -mllvm -inline-threshold=-20,-Os)
PRELOAD_CFLAGS  = $(COMMON) $(OTHERS_CFLAGS) -fPIC -fvisibility=hidden '-ffile-prefix-map=$(CURDIR)=.' \
                  -fno-builtin -fno-stack-protector -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 \
                  -fno-optimize-sibling-calls -fasynchronous-unwind-tables -fno-plt $(MARKS_$(MACHINE)) \
                  $(SMALL) -ffunction-sections
PRELOAD_LDFLAGS = -nostdlib -shared -Wl,-soname,libkeepalive-shim.so -Wl,-z,now,-z,relro \
                  -Wl,-z,noexecstack,-z,noseparate-code -Wl,--hash-style=gnu,--build-id,--eh-frame-hdr -Wl,--gc-sections \
                  -Wl,--version-script=$(MAP)

# What the host program sees of the library: the hooks, unversioned, and nothing else. __setsockopt6*:
# __setsockopt64, which is there on 32-bit machines only; lld insists on plain names.
.DEFAULT_GOAL = all
MAP = $(BUILD)/libkeepalive-shim.map
$(MAP): shim/preload/hooks.h Makefile
	@mkdir -p $(@D)
	{ echo '{ global: __setsockopt6*; syscall;'; sed -n 's/^\tROW(\([a-z0-9]*\),.*/\1;/p; /OTHER/q' $<; \
		echo 'local: *; };'; } >$@

# The command is an ordinary program: a packager's flags come after these and may say more. STATIC=yes
# makes one that needs no C library; as static-pie if the compiler's libc has what that needs
# (Debian's for armhf and riscv64 has not, and its musl-gcc does not know how).
COMMAND_CFLAGS  = -fPIE -pthread -fstack-protector-strong $(MARKS_$(MACHINE)) \
                  $(if $(filter arm%,$(MACHINE)),,-fstack-clash-protection)
STATIC_PIE      = $(if $(filter /%,$(if $(filter %musl-gcc,$(CC)),,$(shell $(CC) -print-file-name=rcrt1.o))),-static-pie,-static)
COMMAND_LINK    = $(if $(STATIC),$(STATIC_PIE),$(if $(filter -static%,$(LDFLAGS)),,-pie)) -Wl,-z,relro,-z,now

LIBRARY = $(BUILD)/libkeepalive-shim.so
$(if $(word 2,$(BUILD)),$(error BUILD=$(BUILD): must be a path without spaces))
COMMAND = $(BUILD)/keepalive
COMPLETIONS = $(addprefix $(BUILD)/completion/keepalive.,bash zsh fish)
MANUAL  = $(patsubst shim/%,$(BUILD)/%,$(wildcard shim/manual/*.[1578]))

COMMON_SOURCES  = $(wildcard shim/common/*.c)
PRELOAD_SOURCES = $(wildcard shim/preload/*.c)
# The hooks first, so that they are in one page, and one that the loader has read: a kernel that keeps
# page tables apart has each page looked up again after each system call.
PRELOAD_FIRST   = $(addprefix shim/preload/,interpose.c policy.c options.c)
COMMAND_SOURCES = $(wildcard shim/command/*.c shim/command/*/*.c)
PRELOAD_OBJECTS = $(patsubst shim/%.c,$(BUILD)/preload-objects/%.o,$(PRELOAD_FIRST) \
                  $(filter-out $(PRELOAD_FIRST),$(COMMON_SOURCES) $(PRELOAD_SOURCES)))
COMMAND_OBJECTS = $(patsubst shim/%.c,$(BUILD)/command-objects/%.o,$(COMMON_SOURCES) $(COMMAND_SOURCES))

.PHONY: all fixtures test lint fuzz clean help
all: $(LIBRARY) $(COMMAND) $(COMPLETIONS) $(MANUAL) ## build the library and the command into build/ | a C compiler | half a minute

$(COMPLETIONS): $(BUILD)/%: shim/%.in shim/completion/fill shim/common/settings_table.h
	@mkdir -p $(@D)
	shim/completion/fill $< $(CC) >$@.new
	mv $@.new $@

$(MANUAL): $(BUILD)/%: shim/% Makefile
	@mkdir -p $(@D)
	sed 's|@VERSION@|$(VERSION)|; s|@HOMEPAGE@|$(HOMEPAGE)|' $< >$@.new
	mv $@.new $@

$(LIBRARY): $(PRELOAD_OBJECTS) $(MAP)
	$(CC) $(OTHERS_CFLAGS) -fPIC $(PRELOAD_LDFLAGS) $(OTHERS_LDFLAGS) -o $@ $(PRELOAD_OBJECTS)

$(COMMAND): $(COMMAND_OBJECTS)
	$(CC) $(COMMAND_CFLAGS) $(CFLAGS) $(COMMAND_LINK) $(LDFLAGS) -o $@ $(COMMAND_OBJECTS) $(COMMAND_LIBS)

$(BUILD)/preload-objects/%.o: shim/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_CFLAGS) -c -o $@ $<

# Nothing is thrown or cancelled through what calls nothing of the program's and no cancellation point.
NO_TABLES = common/activation common/address common/assignments common/complaint common/decide common/endpoint \
          common/file common/glob common/host_file common/log_line common/output common/profile common/rules \
          common/settings common/settings_table common/system common/text common/values common/variables \
          preload/environment preload/freestanding preload/inherited preload/kernel_values preload/next preload/options \
          preload/policy preload/report preload/sandbox preload/sockets preload/system
$(NO_TABLES:%=$(BUILD)/preload-objects/%.o): PRELOAD_CFLAGS += -fno-asynchronous-unwind-tables \
	-fno-unwind-tables

$(BUILD)/command-objects/%.o: shim/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(COMMON) -Ishim/command $(COMMAND_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

-include $(PRELOAD_OBJECTS:.o=.d) $(COMMAND_OBJECTS:.o=.d)

# Test hosts: each tests/programs/NAME.c is a program of its own.
FIXTURES = $(patsubst tests/programs/%.c,$(BUILD)/tests/%,$(wildcard tests/programs/*.c))
fixtures: $(FIXTURES) ## build the programs that the tests run | a C compiler | half a minute
$(BUILD)/tests/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O1 -g -pthread -o $@ $<

test: all fixtures ## run the core tests (scripts/test also installs what they need) | bats | 3 minutes
	tests/run

lint: ## run the linters that are installed, and build without a warning | scripts/install lint | 10 minutes
	scripts/lint

fuzz: ## settings and rules under libFuzzer | clang | FUZZ_SECONDS (60) each
	tests/fuzz/run

.PHONY: coverage
coverage: ## the lines and branches of shim/ that the tests run | clang, llvm | 10 minutes
	scripts/coverage

# EXAMPLES and LICENSEDIR, if set, are the places for these.
PLACES = BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' ZSHDIR='$(ZSHDIR)'
.PHONY: install uninstall package dist image release
install: all ## install below DESTDIR/PREFIX, the library in LIBDIR/keepalive-shim | root, unless DESTDIR or PREFIX is your own | seconds
	$(PLACES) scripts/packaging/install install

uninstall: ## remove what install installed | root, unless DESTDIR or PREFIX is your own | seconds
	$(PLACES) scripts/packaging/install uninstall

package: ## build .deb, .rpm, .apk and .tar.gz into build/packages/ | dpkg-deb, rpmbuild, apk 3, cross compilers | minutes
	ARCH='$(ARCH)' scripts/packaging/package

image: package ## the library and the command as an image: build/image/, an OCI layout | python3, and what package needs | as long as package
	scripts/packaging/image

release: ## contents, checksums, signature of the packages (SIGNING_KEY=FILE) | packages in build/packages/ | seconds
	SIGNING_KEY='$(SIGNING_KEY)' scripts/packaging/release

dist: ## the sources in build/dist/: .tar.gz, .spec, APKBUILD, .dsc | dpkg-source for .dsc | seconds
	scripts/packaging/dist

.PHONY: timeline
timeline: all ## measure and draw tests/network/timeline.svg again | root, python3 | 3 minutes
	SHIM=$(LIBRARY) python3 -B tests/network/cases.py $(BUILD)/network timeline
	python3 -B tests/network/timeline.py $(BUILD)/network >$(BUILD)/network/timeline.svg
	mv $(BUILD)/network/timeline.svg tests/network/timeline.svg

.PHONY: bench
bench: all fixtures ## measure what it costs, beside others | scripts/install bench | 4 minutes (BENCH_QUICK=1: 1)
	python3 tests/bench/bench.py

clean: ## remove build/ | nothing | seconds
	rm -rf build

help: ## this list | nothing | seconds
	@sed -n 's/^\([a-z-]*\):.*## /\1 | /p' $(MAKEFILE_LIST) | \
		awk -F ' [|] ' '{ printf "%-10s %s\n%-10s   needs %s; takes %s\n", $$1, $$2, "", $$3, $$4 }'
