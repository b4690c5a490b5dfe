# The packages that `make package` builds from these sources.
# shellcheck shell=bash

# What they are built with.
export MAINTAINER="Pat O'Brien <pat@example.org>" HOMEPAGE=https://example.org/ SOURCE_DATE_EPOCH=1700000000

# build_packages DIRECTORY [make argument...]: copies the sources there and builds the packages.
build_packages() {
	mkdir -p "$1"
	tar -C "$REPOSITORY" --exclude=./build --exclude=./.git -c . | tar -C "$1" -x
	make -s -C "$1" package "${@:2}"
}

# packages: builds those for this machine, once for all files that tests/run runs. $PACKAGED is the directory of the sources.
packages() {
	export PACKAGED=${SHARED:-$BATS_FILE_TMPDIR}/packages
	mkdir -p "${PACKAGED%/*}"
	(
		flock 9
		[ ! -e "$PACKAGED.made" ] || exit 0
		if ! build_packages "$PACKAGED" ARCH="$(uname -m)" >"$PACKAGED.log" 2>&1; then
			cat "$PACKAGED.log"
			exit 1
		fi
		touch "$PACKAGED.made"
	) 9>"$PACKAGED.lock"
}
