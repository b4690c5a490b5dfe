# keepalive-shim: libkeepalive-shim.so and the keepalive command.
# Honours CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR, PREFIX, LIBDIR. Cross builds: make ARCH=aarch64.

# BSD's make prints this and stops; to GNU make (3.81 or later) it is a target that nobody asks for.
.error : this Makefile is for GNU make, often called gmake

VERSION = 0.1.0
# The maintainer that the packages name; distributors set their own name and address.
MAINTAINER := $(or $(MAINTAINER),keepalive-shim authors <maintainers@keepalive-shim.example>)
HOMEPAGE   := $(or $(HOMEPAGE),https://keepalive-shim.example/)
export MAINTAINER HOMEPAGE VERSION
PREFIX  = /usr
# The directory for libraries: lib/x86_64-linux-gnu and so on on Debian, lib elsewhere.
MULTIARCH = $(shell $(CC) -print-multiarch 2>/dev/null)
LIBDIR  = $(PREFIX)/lib$(addprefix /,$(MULTIARCH))
# Debian's zsh looks in vendor-completions below /usr only.
ZSHDIR  = $(PREFIX)/share/zsh/$(if $(and $(MULTIARCH),$(filter /usr,$(PREFIX))),vendor-completions,site-functions)

# Debian's cross compilers by architecture name; without ARCH, the native compiler.
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
# Empty, or an error: other compilers know neither the option nor the attributes.
COMPILER = $(if $(MACHINE),,$(error CC=$(CC): gcc or clang is needed, and this one is missing or does not \
          understand -dumpmachine))
# Debian's musl-gcc finds only musl's own headers.
LINUX   = $(if $(filter %musl-gcc,$(CC)),-idirafter /usr/include -idirafter /usr/include/$(MULTIARCH))
WARN    = -Wall -Wextra -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef \
          -Wwrite-strings $(WERROR)
COMMON  = $(COMPILER) -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Ishim/common $(WARN) -MMD -MP $(LINUX)

# The same object must work with every libc. No library is linked in, and every libc symbol is weak
# (preload/libc.h); the stack protector and fortify would add strong ones. The unwind tables stay, so that
# a thread that is cancelled in accept() runs its C++ destructors; --eh-frame-hdr is the index to them, which
# musl-gcc leaves out by default. MARKS: a process gets a shadow stack (x86, glibc 2.39) or guarded branches
# (aarch64) only if each of its objects is marked as built for them.
#
# Packagers' flags are meant for ordinary code. The library uses only those that select the machine, paths
# and debug information: link-time optimisation puts a frame of 11 KiB into each hook, fortify and
# sanitizers add strong symbols, packed relocations need a C library that knows them, and -march=native
# makes the code longer.
KEPT            = -m% -g% -B% -I% -isystem% --sysroot% --target% -fuse-ld% -ffile-prefix-map% \
                  -fdebug-prefix-map% -fmacro-prefix-map% -frandom-seed% -fstack-usage -Wl,--build-id%
OTHERS_CFLAGS   = $(filter-out %=native,$(filter $(KEPT),$(CFLAGS)))
OTHERS_LDFLAGS  = $(filter $(KEPT),$(LDFLAGS))
MARKS_x86_64    = -fcf-protection=full
MARKS_aarch64   = -mbranch-protection=standard
# Atomic operations as instructions, not as calls of libgcc.
ATOMICS_aarch64 = -mno-outline-atomics
MACHINE        := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
# 40 KiB at most. clang's -Os is larger than gcc's; its -Oz keeps tables for jumps, copies functions into their
# callers that are shorter called, and rewrites loops for speed.
CLANG          := $(findstring __clang__,$(shell $(CC) -dM -E -x c /dev/null 2>/dev/null))
SMALL           = $(if $(CLANG),-Oz -fno-jump-tables -mllvm -inline-threshold=-20 -mllvm -disable-lsr,-Os)
PRELOAD_CFLAGS  = $(COMMON) $(OTHERS_CFLAGS) -fPIC -fvisibility=hidden '-ffile-prefix-map=$(CURDIR)=.' \
                  -fno-builtin -fno-stack-protector -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 \
                  -fno-optimize-sibling-calls -fasynchronous-unwind-tables -fno-plt $(MARKS_$(MACHINE)) \
                  $(ATOMICS_$(MACHINE)) $(SMALL) -ffunction-sections
PRELOAD_LDFLAGS = -nostdlib -shared -Wl,-soname,libkeepalive-shim.so -Wl,-z,now,-z,relro \
                  -Wl,-z,noexecstack,-z,noseparate-code -Wl,--hash-style=gnu,--build-id,--eh-frame-hdr -Wl,--gc-sections \
                  -Wl,--version-script=$(MAP)

# The library exports the hooks, unversioned, and nothing else. The patterns match __setsockopt64 and
# __prctl_time64, which exist on 32-bit machines only; lld insists that plain names exist.
.DEFAULT_GOAL = all
MAP = $(BUILD)/libkeepalive-shim.map
$(MAP): shim/preload/hooks.h Makefile
	@mkdir -p $(@D)
	{ echo '{ global: __setsockopt6*; __prctl_time6*; syscall;'; sed -n 's/^\tROW(\([a-z0-9]*\),.*/\1;/p; /OTHER/q' $<; \
		echo 'local: *; };'; } >$@

# The command is an ordinary program; packagers' flags come after these and may override them. STATIC=yes
# links it statically, as static-pie if the compiler's libc supports that (Debian's for armhf and riscv64
# and its musl-gcc do not).
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
# The hooks come first, so that they share one page, which the loader has touched: on a kernel with separate
# page tables (KPTI) each page must be looked up again after each system call.
PRELOAD_FIRST   = $(addprefix shim/preload/,interpose.c policy.c options.c)
COMMAND_SOURCES = $(wildcard shim/command/*.c shim/command/*/*.c)
PRELOAD_OBJECTS = $(patsubst shim/%.c,$(BUILD)/preload-objects/%.o,$(PRELOAD_FIRST) \
                  $(filter-out $(PRELOAD_FIRST),$(COMMON_SOURCES) $(PRELOAD_SOURCES)))
COMMAND_OBJECTS = $(patsubst shim/%.c,$(BUILD)/command-objects/%.o,$(COMMON_SOURCES) $(COMMAND_SOURCES))

.PHONY: all fixtures test lint fuzz clean help
all: $(LIBRARY) $(COMMAND) $(COMPLETIONS) $(MANUAL) ## build the library and the command into build/ | a C compiler | a minute

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

# These call neither the program nor a cancellation point, so no exception or cancellation passes through them.
NO_TABLES = common/activation common/address common/assignments common/complaint common/decide common/endpoint \
          common/file common/glob common/host_file common/log_line common/output common/profile common/rules \
          common/settings common/settings_table common/system common/text common/values common/variables \
          preload/classic_bpf preload/environment preload/freestanding preload/inherited preload/kernel_values preload/next \
          preload/options preload/policy preload/report preload/sandbox preload/sockets preload/system
$(NO_TABLES:%=$(BUILD)/preload-objects/%.o): PRELOAD_CFLAGS += -fno-asynchronous-unwind-tables \
	-fno-unwind-tables

$(BUILD)/command-objects/%.o: shim/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(COMMON) -Ishim/command $(COMMAND_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

-include $(PRELOAD_OBJECTS:.o=.d) $(COMMAND_OBJECTS:.o=.d)

# Programs for the tests: each tests/programs/NAME.c is one.
FIXTURES = $(patsubst tests/programs/%.c,$(BUILD)/tests/%,$(wildcard tests/programs/*.c))
fixtures: $(FIXTURES) ## build the programs that the tests run | a C compiler | a minute
$(BUILD)/tests/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O1 -g -pthread -o $@ $<

test: all fixtures ## run the core tests (scripts/test also installs what they need) | bats | minutes
	tests/run

lint: ## run the linters that are installed, and build with warnings as errors | scripts/install lint | minutes
	scripts/lint

fuzz: ## fuzz the parsers of settings and rules | clang | FUZZ_SECONDS (60) for each parser
	tests/fuzz/run

.PHONY: coverage
coverage: ## report which lines and branches of shim/ the tests run | clang, llvm | minutes
	scripts/coverage

# One word for the shell, whatever is in it.
quoted = '$(subst ','\'',$(1))'
# EXAMPLES and LICENSEDIR, if set, are the directories for these.
PLACES = $(foreach name,BUILD DESTDIR PREFIX LIBDIR ZSHDIR,$(name)=$(call quoted,$($(name))))
.PHONY: install uninstall package dist image release
install: all ## install below DESTDIR/PREFIX, the library in LIBDIR/keepalive-shim | root, or a DESTDIR or PREFIX of your own | seconds
	$(PLACES) scripts/packaging/install install

uninstall: ## remove what install installed | the same as install | seconds
	$(PLACES) scripts/packaging/install uninstall

package: ## build .deb, .rpm, .apk and .tar.gz into build/packages/ | dpkg-deb, rpmbuild, apk 3, cross compilers | minutes
	ARCH=$(call quoted,$(ARCH)) scripts/packaging/package

image: package ## build an OCI image of the library and the command in build/image/ | python3, and what package needs | minutes
	scripts/packaging/image

release: ## add contents, checksums and a signature (SIGNING_KEY=FILE) | packages in build/packages/ | seconds
	SIGNING_KEY=$(call quoted,$(SIGNING_KEY)) scripts/packaging/release

dist: ## make source packages in build/dist/: .tar.gz, .spec, APKBUILD, .dsc | dpkg-source for .dsc | seconds
	scripts/packaging/dist

.PHONY: timeline
timeline: all ## measure and draw tests/network/timeline.svg again | root, python3 | minutes
	SHIM=$(LIBRARY) python3 -B tests/network/cases.py $(BUILD)/network timeline
	python3 -B tests/network/timeline.py $(BUILD)/network >$(BUILD)/network/timeline.svg
	mv $(BUILD)/network/timeline.svg tests/network/timeline.svg

.PHONY: bench
bench: all fixtures ## measure what the shim costs (BENCH_QUICK=1: roughly) | scripts/install bench | minutes
	python3 tests/bench/bench.py

clean: ## remove build/ | nothing | seconds
	rm -rf build

help: ## print this list | nothing | seconds
	@sed -n 's/^\([a-z-]*\):.*## /\1 | /p' $(MAKEFILE_LIST) | \
		awk -F ' [|] ' '{ printf "%-10s %s\n%-10s   needs %s; takes %s\n", $$1, $$2, "", $$3, $$4 }'
