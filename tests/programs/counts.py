"""What a preload adds to the program cost (cost.c), counted, so that the figures do not depend on the machine's load.

counts.py calls OBJECT [NAME=VALUE...] -- COST [OPTION...] COUNT OPERATION...
    additional (or fewer) system calls: lines "PHASE CALL +N". A phase is an operation, "load" until main(), or "between"
    while an operation is prepared or cleaned up.

counts.py instructions OBJECT [NAME=VALUE...] -- COST [OPTION...] COUNT OPERATION...
    additional user-space instructions for one operation: lines "OPERATION +N"

counts.py pages OBJECT PID
    how many pages of the object's memory the process has written to, and so has copies of its own
"""
import collections
import os
import re
import struct
import subprocess
import sys
import tempfile


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
                phase = call[2]
            else:
                counter[phase, call[1]] += 1
    return counter


def instructions(command, preload=None, settings={}):
    """User-space instructions of each operation: those of its function in cost.c and of what that calls."""
    with tempfile.NamedTemporaryFile() as profile:
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile.name}", *command],
                       env=environment(preload, settings), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        report = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", profile.name],
                                check=True, stdout=subprocess.PIPE, text=True).stdout
    count = int(next(word for word in command if word.isdigit()))
    totals = re.findall(r"([\d,]+) \(.*:act_(\w+)", report)
    return {name: int(total.replace(",", "")) / count for total, name in totals}


def own_pages(path, pid):
    """Pages of the object's memory that the process does not share: proc(5), pagemap."""
    present, of_a_file = 1 << 63, 1 << 61
    headers = subprocess.run(["readelf", "-lW", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    size = max(int(address, 16) + int(memory, 16) for address, memory
               in re.findall(r"^ +LOAD +\w+ (\w+) \w+ \w+ (\w+)", headers, re.M))
    with open(f"/proc/{pid}/maps") as maps:
        start = next(int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(path))
    page = os.sysconf("SC_PAGESIZE")
    with open(f"/proc/{pid}/pagemap", "rb") as pagemap:
        pagemap.seek(start // page * 8)
        entries = pagemap.read((size + page - 1) // page * 8)
    return sum(1 for (entry,) in struct.iter_unpack("=Q", entries)
               if entry & present and not entry & of_a_file)


def main():
    what, preload, *rest = sys.argv[1:]
    if what == "pages":
        print(own_pages(os.path.realpath(preload), int(rest[0])))
        return
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
        with_it, without = instructions(command, preload, settings), instructions(command)
        for operation in with_it:
            print(f"{operation} {with_it[operation] - without[operation]:+.0f}")


if __name__ == "__main__":
    main()
