"""Control groups that `keepalive cgroup` serves: rows for programs in them, and nanoseconds in the kernel's programs."""
import atexit
import ctypes
import os
import struct
import subprocess
import time

import measures
from rounds import Spread, interleaved, pin
from rows import BUILD, COST, Row

KEEPALIVE = os.path.join(BUILD, "keepalive")
STATS = "/proc/sys/kernel/bpf_stats_enabled"
JOIN = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
SYS_BPF = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine)
PROGRAM_OF, ABOUT, QUERY, INET4_CONNECT = 13, 15, 16, 10
libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def bpf(command, layout, *values):
    attributes = ctypes.create_string_buffer(struct.pack("=" + layout, *values), 128)
    return checked(libc.syscall(SYS_BPF, command, attributes, 128))


def own_pins():
    """Mounts bpf in a private mount namespace, so that nothing is left behind."""
    checked(libc.unshare(CLONE_NEWNS))
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    checked(libc.mount(b"bpf", b"/sys/fs/bpf", b"bpf", 0, None))


def remove(group):
    subprocess.run([KEEPALIVE, "cgroup", "detach", group], stderr=subprocess.DEVNULL)
    os.rmdir(group)


def grouped(name, number, rules, mode="respect"):
    with open("/proc/self/mountinfo") as mounts:
        mount = next(line.split()[4] for line in mounts if " - cgroup2 " in line)
    group = os.path.join(mount, f"bench-{os.getpid()}-{number}")
    os.mkdir(group)
    atexit.register(remove, group)
    settings = {"KEEPALIVE_SHIM_MODE": mode, "KEEPALIVE_SHIM_RULES": ";".join(f"peer=10.{i}.0.0/16 idle={i + 60}" for i in range(rules))}
    subprocess.run([KEEPALIVE, "cgroup", "attach", group], env={**os.environ, **settings}, check=True)
    return Row(name, runner=("/bin/sh", "-c", JOIN, group))


def rows(say):
    """In groups with no rule, one, and 64 that do not match; none where that cannot be done here."""
    try:
        own_pins()
        return [grouped("keepalive cgroup attach", 0, 0), grouped("keepalive cgroup attach, 1 rule", 1, 1),
                grouped("keepalive cgroup attach, 64 rules", 2, 64)]
    except (OSError, StopIteration, subprocess.CalledProcessError) as error:
        say(f"without keepalive cgroup: {error}")
        return []


def counters(program):
    """run_time_ns and run_cnt of struct bpf_prog_info."""
    about = ctypes.create_string_buffer(256)
    bpf(ABOUT, "IIQ", program, 256, ctypes.addressof(about))
    return struct.unpack_from("QQ", about.raw, 192)


def connect_program(group):
    ids = ctypes.create_string_buffer(256)
    folder = os.open(group, os.O_RDONLY)
    bpf(QUERY, "IIIIQI", folder, INET4_CONNECT, 0, 0, ctypes.addressof(ids), 64)
    os.close(folder)
    return bpf(PROGRAM_OF, "I", struct.unpack_from("I", ids.raw)[0])


def nanoseconds(row, batches):
    """In the program that runs in connect(): the kernel's own count, the least of all batches."""
    program, least = connect_program(row.runner[3]), float("inf")
    with open(STATS) as file:
        was = file.read()
    with open(STATS, "w") as file:
        file.write("1")
    try:
        for _ in range(batches):
            before = counters(program)
            subprocess.run(row.cost(40, "client"), preexec_fn=pin(0), check=True, stdout=subprocess.DEVNULL)
            after = counters(program)
            least = min(least, (after[0] - before[0]) / (after[1] - before[1]))
    finally:
        with open(STATS, "w") as file:
            file.write(was)
        os.close(program)
    return least


def forcing(bare, rounds):
    """Nanoseconds that the programs add to a setsockopt() of the group for an option that the shim does not set."""
    row = grouped("keepalive cgroup attach --mode=force", 3, 0, "force")
    samples = interleaved([bare, row], rounds, lambda each: measures.operations(each, ("nodelay",))["nodelay"])
    return Spread(forced - free for free, forced in zip(samples[bare], samples[row])).median


def attach_time(row, times=11):
    """Milliseconds that attaching again takes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([KEEPALIVE, "cgroup", "attach", row.runner[3]], check=True)
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[times // 2]
