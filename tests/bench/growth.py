"""How the cost grows with sockets over a process's life, descriptors open at once, threads and rules. Flat is good."""
import math
import os
import re
import resource
import statistics
import subprocess
import tempfile

import measures
from plot import Panel, draw
from rounds import fast_quartile, interleaved, pin
from rows import COST, HAND, NONE, OURS, ROOT, SHIM

ROWS = (NONE, HAND, OURS)
NAMES = {NONE: "no shim", HAND: "four setsockopts by hand", OURS: "keepalive-shim"}
BATCH, FEW, MOST = 100, 10, 10 ** 5


def rules(number):
    """Rules that do not match; each address must be compared to its end to find that out."""
    return {"KEEPALIVE_SHIM_RULES": "".join(f"peer=127.0.1.{i} idle=30;" for i in range(1, number + 1))}


def matching(rounds):
    """{number of rules: {hook: nanoseconds}}"""
    samples = interleaved((0, 1, 2, 4, 8, 16, 32, 64), rounds, lambda number: measures.hooks(rules(number)))
    return {number: {hook: statistics.median(sample[hook] for sample in found) for hook in found[0]}
            for number, found in samples.items()}


def over_a_life(most):
    """Measures the rows alternately on one processor, so that their batches have the same conditions."""
    outputs, processes = {}, []
    for row in ROWS:
        outputs[row] = tempfile.TemporaryFile("w+")
        batches = [FEW, *["tcp"] * (BATCH // FEW), BATCH, *["tcp"] * (most // BATCH - 1)]
        processes.append(subprocess.Popen(row.cost(*batches), env=row.environment(),
                                          preexec_fn=pin(0), stdout=outputs[row]))
    result = {}
    for process in processes:
        assert process.wait() == 0
    for row, output in outputs.items():
        output.seek(0)
        found = [float(line.split()[1]) for line in output]
        first, later = found[:BATCH // FEW], found[BATCH // FEW:]
        result[row] = [(BATCH, fast_quartile(first))]
        for power in range(3, round(math.log10(most)) + 1):
            result[row].append((10 ** power, fast_quartile(later[10 ** (power - 1) // BATCH - 1:10 ** power // BATCH - 1])))
    return result


def at_once(number, row):
    """(nanoseconds of a socket() with so many open ones, KiB of the process's own)"""
    process = subprocess.Popen(row.cost(number, "hold", BATCH, *["tcp"] * 20, "wait"), env=row.environment(),
                               preexec_fn=pin(0), stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(21)]
    with open(f"/proc/{process.pid}/smaps_rollup") as rollup:
        kilobytes = int(re.search(r"Anonymous: +(\d+)", rollup.read())[1])
    process.kill()
    process.wait()
    process.stdout.close()
    return fast_quartile([float(line.split()[1]) for line in lines[1:]]), kilobytes


def threads(number, row):
    """Nanoseconds for each socket of a batch that so many threads share, on any processor."""
    run = subprocess.run(row.cost("-t", number, 3200, *["tcp"] * 4),
                         env=row.environment(), check=True, stdout=subprocess.PIPE, text=True)
    return fast_quartile([float(line.split()[1]) for line in run.stdout.splitlines()])


def sweep(numbers, rounds, measure):
    """{row: [(number, what each round gave)]}"""
    result = {row: [] for row in ROWS}
    for number in numbers:
        for row, samples in interleaved(ROWS, rounds, lambda row: measure(number, row)).items():
            result[row].append((number, samples))
    return result


def limit():
    """How many sockets a process may have: the limit of descriptors, raised if possible, less some for other files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(hard, MOST + 1000)))
        return MOST
    except (ValueError, OSError):
        return hard - 1000


def emulated(numbers, rounds):
    """at_once() of every row, in an emulated machine, which has no limits but ours; None if none can be booted."""
    kernels = os.path.join(ROOT, "tests", "kernels")
    boot = subprocess.run([f"{kernels}/boot", "sid", SHIM, COST, f"{kernels}/grow.sh", "--",
                           f"sh grow.sh {rounds} {' '.join(map(str, numbers))}"],
                          env={**os.environ, "BOOT_SECONDS": "400"}, stdout=subprocess.PIPE, text=True)
    if boot.returncode:
        return None
    lines = [line.split() for line in boot.stdout.splitlines()]
    return {row: [(int(number), [(float(time), int(size))]) for number, name, time, size in lines if name == word]
            for word, row in zip(("none", "hand", "shim"), ROWS)}


def descriptors(quick, rounds, say):
    """({row: [(number, [at_once()])]}, where that was measured)"""
    numbers = (100, 300, 1000) if quick else (100, 1000, 10000, 30000, 65000, MOST)
    most = limit()
    found = emulated(numbers, rounds) if numbers[-1] > most else None
    if found:
        return found, " (emulated)"
    if numbers[-1] > most:
        say(f"at most {most} descriptors at once: RLIMIT_NOFILE")
    return sweep(sorted({min(number, most) for number in numbers}), rounds, at_once), ""


def measure(quick, by_rules, say):
    """{panel: {series: [(number, figure)]}}"""
    rounds = 2 if quick else 5
    result = {}

    def keep(panel, found):
        result[panel] = {NAMES[row]: points for row, points in found.items()}

    say("sockets over a life")
    keep("life", over_a_life(10 ** (4 if quick else 6)))
    say("descriptors open at once")
    found, result["where"] = descriptors(quick, rounds, say)
    keep("at once", {row: [(n, statistics.median(time for time, _ in samples)) for n, samples in points]
                     for row, points in found.items()})
    none = {n: statistics.median(size for _, size in samples) for n, samples in found[NONE]}
    result["memory"] = {NAMES[OURS]: [(n, statistics.median(size for _, size in samples) - none[n])
                                      for n, samples in found[OURS]]}
    say("threads")
    found = sweep((1, 8, 64) if quick else (1, 2, 4, 8, 16, 32, 64), 3 * rounds, threads)
    keep("threads", {row: [(n, statistics.median(samples)) for n, samples in points] for row, points in found.items()})
    result["rules"] = {NAMES[OURS]: [(n, by_rules[n]["connect"]) for n in sorted(by_rules) if n],
                       "the cheapest system call": [(n, by_rules[n]["null"]) for n in sorted(by_rules) if n]}
    return result


def panels(figures):
    return [
        Panel("sockets opened over a life", "µs per socket() + close()", figures["life"], 1000),
        Panel(f"descriptors open at once{figures['where']}", "µs per socket() + close()", figures["at once"], 1000),
        Panel("threads", "µs per socket() + close()", figures["threads"], 1000),
        Panel("rules that do not match", "ns in the shim's code per connect()", figures["rules"], 1),
        Panel(f"descriptors open at once{figures['where']}", "KiB added to the process", figures["memory"], 1),
    ]


def plot(figures, path):
    draw(path, "What a socket costs as the load grows", panels(figures))
