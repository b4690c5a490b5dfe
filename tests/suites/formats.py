#!/usr/bin/env python3
"""Converts the output of test runners to one line for each test: formats.py FORMAT <OUTPUT, "pass|fail|skip<TAB>name" out."""

import re
import sys
import xml.etree.ElementTree as xml


def tap(lines):
    """prove -v: a heading for each file, and its numbered results; without headings a test's description names it."""
    file = ""
    for line in lines:
        heading = re.match(r"(?:\[[\d:]+\] )?(\S+\.(?:t|pl|sh|py|test)) \.+ *$", line)
        if heading:
            file = heading[1]
        result = re.match(r"(not )?ok (\d+)(.*)", line)
        if result:
            skipped = re.search(r"# *(skip|todo)", result[3], re.I)
            name = f"{file} {result[2]}" if file else re.sub(r"^[ -]*|# .*", "", result[3])
            yield "skip" if skipped else "fail" if result[1] else "pass", name
        whole = re.match(r"(\S+\.t) +\(Wstat: (.*?) Tests: \d+ Failed: \d+\)", line)
        if whole:
            yield "fail", f"{whole[1]} as a whole: {whole[2]}"


def junit(lines):
    """JUnit's XML, after a line that says ===junit===; what comes before is for people. Several may follow."""
    for text in "\n".join(lines).split("===junit===")[1:]:
        try:
            cases = xml.fromstring(text.strip()).iter("testcase")
        except xml.ParseError:
            yield "fail", "the runner ended without a report"
            continue
        for case in cases:
            name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
            kinds = {child.tag for child in case}
            if kinds & {"failure", "error"}:
                yield "fail", name
            else:
                yield "skip" if "skipped" in kinds or case.get("result") == "skipped" else "pass", name


def plain(lines):
    """Our own runners' output as it is; anything else on the way is ignored."""
    for line in lines:
        result = re.fullmatch(r"(pass|fail|skip)\t(.*)", line)
        if result:
            yield result[1], result[2]


def go(lines):
    """go test -v: subtests are indented."""
    words = {"PASS": "pass", "FAIL": "fail", "SKIP": "skip"}
    for line in lines:
        result = re.match(r" *--- (PASS|FAIL|SKIP): (\S+)", line)
        if result:
            yield words[result[1]], result[2]


def tcl(lines):
    """tcltest -verbose pass skip; "==== NAME FAILED" ends the details of a failure that was named above them."""
    words = {"PASSED": "pass", "FAILED": "fail", "SKIPPED": "skip"}
    for line in lines:
        result = re.match(r"(?:\+\+\+\+|====) (\S+) (?!FAILED$).*?(PASSED|FAILED|SKIPPED)", line)
        if result:
            yield words[result[2]], result[1]


FORMATS = {each.__name__: each for each in (tap, junit, plain, go, tcl)}

if __name__ == "__main__":
    output = sys.stdin.buffer.read().decode("utf-8", "replace").replace("\r", "").split("\n")
    for result, name in FORMATS[sys.argv[1]](output):
        print(result, " ".join(name.split()), sep="\t")
