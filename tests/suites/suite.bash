# How tests/suites/run asks a suite file: suite.bash NAME|/FILE title|packages|limit|reached|slice|version|prepare|tests|results
# shellcheck shell=bash
#
# A suite file (NAME.suite) is shell code that describes another project's test suite:
#   title=     its row in the table
#   packages=  Debian packages that it needs
#   format=    how its output reads (formats.py), or a function results: output in, "pass|fail|skip<TAB>name" out
#   limit=     seconds that one run of it may take (1800)
#   reached=no the library does not reach the program; supervision does
#   slice=yes  it is part of the five minutes of scripts/test --all
#   version    prints the version; without this function it is that of the first package
#   prepare    fetches the source and builds, once, in $PLACE, which is empty
#   tests      runs all tests in an empty $TMPDIR, with $PLACE as prepare left it; prints the output
set -eu

suites=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
limit=1800 reached=yes slice='' format='' packages=''

# source_of PACKAGE: the folder with its unpacked Debian source.
source_of() {
	"$suites/../debian-source" "$1"
}

# source_version PACKAGE: the version of that source.
source_version() {
	local source

	source=$(source_of "$1") || return
	cat "${source%/tree}/version"
}

# copy_of PACKAGE FOLDER: copies its source to $PLACE/FOLDER, which may be written to.
copy_of() {
	local source

	source=$(source_of "$1") || return
	mkdir -p "$PLACE/$2"
	cp -a "$source/." "$PLACE/$2"
}

# pytest_of ARGUMENT...: runs these tests by pytest, for format=junit.
pytest_of() {
	python3 -m pytest -q --continue-on-collection-errors --show-capture=no -p no:cacheprovider -o junit_family=xunit1 \
		-o junit_logging=no --junit-xml="$TMPDIR/junit.xml" "$@" || true
	echo '===junit==='
	cat "$TMPDIR/junit.xml"
}

# prove_in FOLDER [ARGUMENT...]: runs the tests in FOLDER/t by prove, with FOLDER in front of their names, for format=tap.
prove_in() (
	cd "$PLACE/tree/$1"
	prove -v "${@:2}" 2>&1 | sed "s|^t/|$1/&|"
)

version() {
	# shellcheck disable=SC2016 # dpkg-query expands it
	dpkg-query -W -f '${Version}' "${packages%% *}"
}

prepare() {
	:
}

results() {
	python3 "$suites/formats.py" "$format"
}

# shellcheck disable=SC1090 # the suite file
case $1 in
/*) . "$1" ;;
*) . "$suites/$1.suite" ;;
esac

case $2 in
title | packages | limit | reached | slice) echo "${!2}" ;;
prepare) cd "$PLACE" && prepare ;;
tests) cd "$TMPDIR" && tests ;;
version | results) "$2" ;;
esac
