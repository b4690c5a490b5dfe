"""make bench: keepalive-shim beside no shim, the least that a shim can cost, and others of its kind.

Prints two tables for README (also build/bench/table.md) and which goals are met. BENCH_QUICK=1 takes a tenth of the
time and of the precision.
"""
import json
import os
import platform
import shutil
import sys

import groups
import growth
import measures
from rounds import Spread, interleaved, pin, ratio
from rows import (EMPTY, GOING_ON, HAND, HERE, NONE, OURS, ROOT, SUPERVISED, SUPERVISED_BY_FILES, Row, compile,
                  rows)

QUICK = bool(os.environ.get("BENCH_QUICK"))
AGAIN = Row("no shim, once more")  # what two equal rows differ by is the noise
TIMED = {"tcp": "socket() + close()", "client": "client: socket() to close()", "accept4": "server: accept() to close()",
         "nginx": "nginx, requests/s", "true": "start of `true`", "python": "start of `python3`"}


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def table(header, lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines]) + "\n"


def times(all_rows, grouped, rounds):
    """{what: {row: samples}}"""
    result, pinned = {}, pin(0)
    say(f"socket, client and server cycles: {rounds} rounds")
    samples = interleaved([*all_rows, GOING_ON, SUPERVISED_BY_FILES], rounds,
                          lambda row: measures.operations(row, ("tcp", "client", "accept4")))
    for name in ("tcp", "client", "accept4"):
        result[name] = {row: [sample[name] for sample in samples[row]] for row in samples}
    starting = [row for row in all_rows if not row.by_hand and row not in grouped]
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    free, _ = os.sched_getaffinity(0), pinned()
    say(f"process start: {rounds} rounds")
    result["true"] = interleaved(starting, rounds, lambda row: measures.start(row, ["/bin/true"], 12))
    result["python"] = interleaved(starting, rounds // 2, lambda row: measures.start(row, [python, "-c", "pass"], 2))
    os.sched_setaffinity(0, free)
    missing = [program for program in ("nginx", "wrk") if not shutil.which(program, path="/usr/sbin:/usr/bin")]
    if missing:
        say(f"without nginx under load: {' and '.join(missing)} not installed")
    else:
        rounds = max(2, rounds // 6)
        say(f"nginx under wrk, one connection for each request: {rounds} rounds")
        with measures.Nginx(all_rows) as nginx:
            result["nginx"] = interleaved(all_rows, rounds, lambda row: nginx.requests(row, 1))
    return result


def timed_cell(samples, row):
    if row not in samples:
        return "–"
    if row is NONE:
        spread, noise = Spread(samples[NONE]), ratio(samples, AGAIN, NONE)
        unit = f"{spread.median:,.0f}"
        return f"{unit} ±{100 * noise.half:.1f} %"
    spread = ratio(samples, row, NONE)
    return f"{spread.median:.3f} × ±{100 * spread.half:.1f} %"


def timed_table(all_rows, measured):
    names = [name for name in TIMED if name in measured]
    units = {"nginx": ""}
    header = [""] + [TIMED[name] + units.get(name, ", µs" if name in ("true", "python") else ", ns") for name in names]
    return table(header, [[row.name] + [timed_cell(measured[name], row) for name in names]
                          for row in all_rows if row is not AGAIN])


def counted_table(counted, memory):
    header = ["", "system calls added to socket()", "connect()", "accept()", "instructions added to socket()",
              "connect()", "accept()", "memory added to a process, KiB", "object, bytes", "relocations"]
    lines = []
    for row, figures in counted.items():
        lines.append([row.name] + [f"{figures['calls'][name]:g}" for name in ("tcp", "connect", "accept")]
                     + [f"{figures['instructions'][name]:.0f}" if "instructions" in figures else "–"
                        for name in ("tcp", "connect", "accept")]
                     + [f"{Spread(memory[row]).median - Spread(memory[NONE]).median:.0f}",
                        f"{figures['size']:,}" if row.object else "–", str(figures.get("relocations", "–"))])
    return table(header, lines)


def at_most(spread, limit):
    """Two standard errors decide; in between the run was too noisy to tell."""
    if spread.median + 2 * spread.error <= limit:
        return "met"
    return "MISSED" if spread.median - 2 * spread.error > limit else "unsure"


def is_one(spread):
    """Within one in a hundred."""
    away = abs(spread.median - 1)
    if away + 2 * spread.error <= 0.01:
        return "met"
    return "MISSED" if away - 2 * spread.error > 0.01 else "unsure"


def added(samples, row, floor):
    """What the row adds to no shim, as a multiple of what the floor adds."""
    return Spread((a - none) / (b - none) for a, b, none in zip(samples[row], samples[floor], samples[NONE]))


def goals(all_rows, measured, calls, pages, matching, status, in_kernel):
    """(verdict, sentence) for each goal."""
    result = []

    def exact(met, sentence):
        result.append(("met" if met else "MISSED", sentence))

    def timed(name, what, row, wanted, verdict):
        if name in measured:
            spread = ratio(measured[name], OURS, row)
            result.append((verdict(spread), f"{what}: {spread.median:.3f} ± {2 * spread.error:.3f} x "
                                            f"{row.name} (goal {wanted})"))

    exact(calls == {"tcp": 4, "connect": 0, "accept": 0},
          f"system calls added: socket() {calls['tcp']:g} (goal 4), connect() {calls['connect']:g} (0), "
          f"accept() {calls['accept']:g} (0)")
    exact(pages <= 3, f"memory written to before a socket is made: {pages} pages (goal at most 3)")
    timed("accept4", "accept() to close()", NONE, "1.00", is_one)
    timed("client", "a client's socket(), connect(), close()", HAND, "1.00", is_one)
    timed("tcp", "socket() + close()", HAND, "at most 1.02", lambda spread: at_most(spread, 1.02))
    for row in all_rows:
        if row.settings:
            timed("tcp", "socket() + close()", row, "less than 1.00", lambda spread: at_most(spread, 1))
    for row, wanted in (SUPERVISED, 1.8), (SUPERVISED_BY_FILES, 3.4):
        spread = added(measured["tcp"], row, GOING_ON)
        result.append((at_most(spread, wanted), f"added to socket(): {spread.median:.2f} ± {2 * spread.error:.2f} x "
                                                f"{GOING_ON.name}, {row.name} (goal at most {wanted})"))
    empty = next(row for row in all_rows if row.name == EMPTY)
    for name in ("true", "python"):
        timed(name, TIMED[name], empty, "at most 1.10", lambda spread: at_most(spread, 1.10))
    rules, null = matching[64]["connect"] - matching[0]["connect"], matching[0]["null"]
    exact(rules < null, f"64 rules that do not match: {rules:.0f} ns on a connect(), the cheapest system call "
                        f"{null:.0f} ns (goal less than that)")
    exact(status[0] < 1, f"keepalive status on 10,000 connections: {status[0]:.2f} s, of which {status[1]:.2f} s on a "
                         f"processor (goal less than 1)")
    if in_kernel:
        first, (_, one, many) = next(iter(in_kernel)), in_kernel.values()
        spread = ratio(measured["client"], first, NONE)
        result.append((at_most(spread, 1.04), f"a client's socket(), connect(), close() in a group: {spread.median:.3f} ± "
                                              f"{2 * spread.error:.3f} x {NONE.name} (goal at most 1.04)"))
        exact(many - one < 150, f"a group's 64 rules that do not match: {many - one:.0f} ns on a connect() (goal less than 150)")
    return result


def main():
    os.makedirs(HERE, exist_ok=True)
    here = os.path.join(ROOT, "tests", "bench")
    compile(os.path.join(here, "still.c"), "still.so", "-shared", "-fPIC")
    compile(os.path.join(here, "hooks.c"), "hooks")
    compile(os.path.join(here, "going_on.c"), "going_on")
    all_rows = rows(say)
    say("counting system calls" + (" and instructions" if shutil.which("valgrind") else "; no valgrind, so no instructions"))
    counted = {row: measures.counted(row) for row in all_rows if row is not NONE}
    memory = interleaved(all_rows, 3 if QUICK else 15, measures.memory)
    pages = measures.own_pages(OURS)
    grouped = groups.rows(say)
    all_rows += [SUPERVISED, *grouped, AGAIN]
    measured = times(all_rows, grouped, 6 if QUICK else 100)
    in_kernel = {row: groups.nanoseconds(row, 10 if QUICK else 60) for row in grouped}
    say("keepalive status on 10,000 connections")
    status = measures.status(10000, 3 if QUICK else 9)
    say("rules, and how cost grows")
    matching = growth.matching(3 if QUICK else 15)
    figures = growth.measure(QUICK, matching, say)
    figure = os.path.join(HERE, "growth.svg")
    growth.plot(figures, figure)

    text = "Counted, so exact:\n\n" + counted_table(counted, memory) + \
        "\nTimed: medians, the first row in absolute terms, the others as multiples of it in the same round, " \
        "± half the quartile distance:\n\n" + timed_table(all_rows, measured)
    own = matching[0]
    text += f"\nIn the shim's own code: socket() {own['socket']:.0f} ns, connect() {own['connect']:.0f} ns, accept() " \
            f"{own['accept']:.0f} ns; with 1, 8, 64 rules that do not match, connect() " + \
            ", ".join(f"{matching[n]['connect']:.0f}" for n in (1, 8, 64)) + \
            f" ns. The cheapest system call takes {own['null']:.0f} ns.\n"
    supervised = Spread(a - b for a, b in zip(measured["tcp"][SUPERVISED], measured["tcp"][NONE])).median / 1000
    preloaded = Spread(a - b for a, b in zip(measured["tcp"][OURS], measured["tcp"][NONE])).median / 1000
    text += f"\nA TCP socket() costs {preloaded:.1f} µs more with the preload, {supervised:.0f} µs under supervision. " \
            f"`keepalive status` takes {status[0]:.2f} s, {status[1]:.2f} s of it on a processor, for a process with 10,000 connections.\n"
    if in_kernel:
        text += "\nIn the kernel, `keepalive cgroup` adds to a connect() " + \
                ", ".join(f"{nanoseconds:.0f}" for nanoseconds in in_kernel.values()) + \
                f" ns with no rule, 1 and 64 that do not match; force adds {groups.forcing(NONE, 6 if QUICK else 60):.0f} ns to each " \
                f"setsockopt() in the group; attaching takes {groups.attach_time(grouped[0]):.0f} ms.\n"
    text += f"\n{platform.machine()}, Linux {platform.release()}, {os.cpu_count()} processors" + \
            (", a quick run" if QUICK else "") + ".\n"
    with open(os.path.join(HERE, "table.md"), "w") as file:
        file.write(text)
    print(text)
    found = goals(all_rows, measured, counted[OURS]["calls"], pages, matching, status, in_kernel)
    for verdict, sentence in found:
        print(f"{verdict:6}  {sentence}")
    with open(os.path.join(HERE, "results.json"), "w") as file:
        json.dump({"counted": {row.name: figures for row, figures in counted.items()},
                   "status": status, "timed": {name: {row.name: values for row, values in samples.items()}
                             for name, samples in measured.items()},
                   "memory": {row.name: values for row, values in memory.items()},
                   "growth": figures}, file, indent=1)
    print(f"\nThe table is in {os.path.relpath(HERE)}/table.md, the plot of growth in {os.path.relpath(figure)}.")


if __name__ == "__main__":
    main()
