"""What a preload adds to the program cost (cost.c), counted: these figures do not depend on the machine's mood.

counts.py calls OBJECT [NAME=VALUE...] -- COST [OPTION...] COUNT OPERATION...
    system calls more (or fewer) than without it: lines "PHASE CALL +N". A phase is an operation, "load" before the
    first one, "between" after each.

counts.py instructions OBJECT [NAME=VALUE...] -- COST [OPTION...] OPERATION...
    user-space instructions that one operation takes more: lines "OPERATION +N"
"""
import collections
import os
import re
import subprocess
import sys
import tempfile

FEW, MANY = 20, 120  # what the instructions of one operation are taken from


def environment(preload, settings):
    result = {"PATH": os.environ["PATH"], "LC_ALL": "C", **settings}
    if preload:
        result["LD_PRELOAD"] = preload
    return result


def system_calls(command, preload=None, settings={}):
    """How often each (phase, system call) was made."""
    counter, phase = collections.Counter(), "load"
    wanted = [f"-E{name}={value}" for name, value in environment(preload, settings).items()]
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-f", "-qq", "-o", trace.name, *wanted, *command],
                       check=True, stdout=subprocess.DEVNULL)
        for line in trace:
            call = re.match(r"\d+ +(\w+)\((?:-1, \"(\w+)\")?", line)
            if not call:
                continue
            if call[2]:
                phase = "between" if call[2] == "end" else call[2]
            else:
                counter[phase, call[1]] += 1
    return counter


def instructions(command, operation, preload=None, settings={}):
    """User-space instructions of one operation, from the difference of two runs."""
    totals = []
    for count in FEW, MANY:
        run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                              *command, str(count), operation],
                             env=environment(preload, settings), stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, check=True)
        totals.append(int(re.search(r"Collected : (\d+)", run.stderr)[1]))
    return (totals[1] - totals[0]) / (MANY - FEW)


def main():
    what, preload, *rest = sys.argv[1:]
    split = rest.index("--")
    settings = dict(setting.split("=", 1) for setting in rest[:split])
    command = rest[split + 1:]
    if what == "calls":
        with_it, without = system_calls(command, preload, settings), system_calls(command)
        with_it.subtract(without)
        for (phase, call), number in sorted(with_it.items()):
            if number:
                print(f"{phase} {call} {number:+}")
    else:
        options = [word for word in command[1:] if word.startswith("-")]
        for operation in command[1 + len(options):]:
            added = (instructions([command[0], *options], operation, preload, settings)
                     - instructions([command[0], *options], operation))
            print(f"{operation} {added:+.0f}")


if __name__ == "__main__":
    main()
