"""
Compares the answers of `keepalive check` for every program of this system with the truth: a confusion table.

    confusion.py KEEPALIVE LIBRARY AT_ENTRY SECONDS [SEED]

The truth is found by other means than check's own code:
  reached   the dynamic linker has loaded the library when the program is about to begin (at_entry.c)
  past it   loaded, but the program makes system calls of its own: Go, by the magic bytes that `go version`
            looks for, or Free Pascal, by the version that its run-time library writes into each program
  not       it was not loaded
  no start  execve(2) refuses it, or its interpreter is missing
Programs are tried in random order until the time is over. Exit status 1 if check answers yes for a program that is not
reached, or no for one that is.
"""
import collections
import json
import os
import random
import stat
import subprocess
import sys
import time

PLACES = ["/usr/bin", "/usr/sbin", "/usr/games", "/usr/local/bin", "/usr/local/sbin", "/usr/lib", "/usr/libexec", "/opt"]
GO = (b"\xff Go buildinf:", b"\xff Go build ID: ", b"Go cmd/compile ")
PASCAL = (b"FPC 2.", b"FPC 3.")


def is_program(path):
    """Whether the file can be executed and is an ELF executable or a script, not a shared object."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o111:
            return False
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError:
        return False
    name = os.path.basename(os.path.realpath(path))
    if start == b"\x7fELF":
        # ld.so is a shared object too; check answers for the program that it is given.
        return not (name.endswith(".so") or ".so." in name)
    return start[:2] == b"#!"


def programs():
    found = {}
    for place in PLACES:
        for folder, _, names in os.walk(place):
            for name in names:
                path = os.path.join(folder, name)
                if is_program(path):
                    found.setdefault(os.path.realpath(path), path)
    return sorted(found.values())


def runner(path):
    """The executable that the first line of a script names."""
    for _ in range(4):
        with open(path, "rb") as file:
            line = file.readline(256)
        if line[:2] != b"#!":
            return path
        words = line[2:].split()
        path = os.fsdecode(words[0]) if words else path
        if os.path.basename(path) == "env":
            names = [os.fsdecode(word) for word in words[1:] if not word.startswith(b"-") and b"=" not in word]
            path = next((os.path.join(place, name) for name in names[:1]
                         for place in os.environ["PATH"].split(":") if os.path.exists(os.path.join(place, name))), path)
        if not os.path.exists(path):
            return None
    return path


def holds(path, marks):
    with open(path, "rb") as file:
        content = file.read()
    return any(mark in content for mark in marks)


def truth(path, entry):
    entry.stdin.write(path + "\n")
    entry.stdin.flush()
    seen = entry.stdout.readline().split(" ")[0]
    if seen == "loaded":
        executable = runner(path)
        if executable and (holds(executable, GO) or holds(executable, PASCAL)):
            return "past it"
        return "reached"
    return {"absent": "not", "fails": "no start"}.get(seen, seen)


def answer(path, keepalive):
    run = subprocess.run([keepalive, "check", "--json", "--", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, check=False)
    if not run.stdout:
        return "refused", run.stderr.strip()
    said = json.loads(run.stdout)
    return said["effect"], said["obstacle"] or said["advice"] or ""


def main():
    keepalive, library, at_entry, seconds = sys.argv[1:5]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else random.randrange(1 << 30)
    candidates = programs()
    random.Random(seed).shuffle(candidates)
    end = time.monotonic() + float(seconds)
    table = collections.Counter()
    obstacles = collections.Counter()
    wrong = []
    with subprocess.Popen([at_entry, library], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as entry:
        for path in candidates:
            if time.monotonic() > end:
                break
            try:
                so, (said, why) = truth(path, entry), answer(path, keepalive)
            except FileNotFoundError:  # somebody removes a package meanwhile
                continue
            table[so, said] += 1
            if said != "yes":
                obstacles[said, why] += 1
            if (said == "yes" and so != "reached") or (said == "no" and so == "reached"):
                wrong.append(f"{path}: {so}, and check says {said} ({why})")
        entry.stdin.close()
    columns = ["yes", "no", "unknown", "refused"]
    print(f"{sum(table.values())} of {len(candidates)} programs, seed {seed}")
    print(f"{'':10}" + "".join(f"{column:>9}" for column in columns))
    for row in ["reached", "past it", "not", "no start", "late"]:
        if any(table[row, column] for column in columns):
            print(f"{row:10}" + "".join(f"{table[row, column]:9}" for column in columns))
    for (said, why), count in sorted(obstacles.items()):
        print(f"{count:9} {said}: {why}")
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
