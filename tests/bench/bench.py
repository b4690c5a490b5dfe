"""make bench: what keepalive-shim costs, compared with no shim, with the least that a shim can cost, and with other shims.

Measures, prints the tables and which goals are met, and writes build/bench/figures.json, table.md and growth.svg.
BENCH_QUICK=1 takes a tenth of the time, with less precision. Two options measure nothing:

    bench.py --keep              makes the figures of the last run those of tests/bench/: README.md, growth.svg, figures.json
    bench.py --render DIRECTORY  writes table.md and growth.svg of tests/bench/figures.json into DIRECTORY
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
from rows import (EMPTY, GOING_ON, HAND, HERE, MAKING, NONE, OURS, ROOT, SUPERVISED, SUPERVISED_BY_FILES, Row, compile,
                  rows)

QUICK = bool(os.environ.get("BENCH_QUICK"))
AGAIN = Row("no shim, once more")  # the difference between two equal rows is the noise
KEPT = os.path.join(ROOT, "tests", "bench")
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
    samples = interleaved([*all_rows, GOING_ON, MAKING, SUPERVISED_BY_FILES], rounds,
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
                          for row in [*all_rows, GOING_ON, MAKING] if row is not AGAIN])


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
    """Decided by two standard errors; in between, the run was too noisy."""
    if spread.median + 2 * spread.error <= limit:
        return "met"
    return "MISSED" if spread.median - 2 * spread.error > limit else "unsure"


def is_one(spread):
    """Whether they differ by at most one per cent."""
    away = abs(spread.median - 1)
    if away + 2 * spread.error <= 0.01:
        return "met"
    return "MISSED" if away - 2 * spread.error > 0.01 else "unsure"


def added(samples, row, floor):
    """What the row adds to the time without a shim, as a multiple of what the floor adds."""
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
    for row, floor, wanted in (SUPERVISED, MAKING, 1.15), (SUPERVISED_BY_FILES, GOING_ON, 3.4):
        spread = added(measured["tcp"], row, floor)
        result.append((at_most(spread, wanted), f"added to socket(): {spread.median:.2f} ± {2 * spread.error:.2f} x "
                                                f"{floor.name}, {row.name} (goal at most {wanted})"))
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
    compile(os.path.join(KEPT, "still.c"), "still.so", "-shared", "-fPIC")
    compile(os.path.join(KEPT, "hooks.c"), "hooks")
    compile(os.path.join(KEPT, "going_on.c"), "going_on")
    compile(os.path.join(KEPT, "going_on.c"), "making", "-DMAKES")
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
    supervised, preloaded = (Spread(a - b for a, b in zip(measured["tcp"][row], measured["tcp"][NONE])).median / 1000
                             for row in (SUPERVISED, OURS))
    found = goals(all_rows, measured, counted[OURS]["calls"], pages, matching, status, in_kernel)
    figures = {
        "machine": f"{platform.machine()}, Linux {platform.release()}, {os.cpu_count()} processors"
                   + (", a quick run" if QUICK else ""),
        "counted": counted_table(counted, memory),
        "timed": timed_table(all_rows, measured),
        "own": matching[0],
        "added": {"preload": preloaded, "supervised": supervised},
        "status": status,
        "goals": found,
        "growth": growth.measure(QUICK, matching, say),
    }
    if in_kernel:
        figures["in kernel"] = {"connect": list(in_kernel.values()), "force": groups.forcing(NONE, 6 if QUICK else 60),
                                "attach": groups.attach_time(grouped[0])}
    with open(os.path.join(HERE, "figures.json"), "w") as file:
        json.dump(figures, file, indent=1, ensure_ascii=False)
    render(figures, HERE)
    print(text_of(figures))
    with open(os.path.join(HERE, "results.json"), "w") as file:
        json.dump({"counted": {row.name: figures for row, figures in counted.items()},
                   "timed": {name: {row.name: values for row, values in samples.items()}
                             for name, samples in measured.items()},
                   "memory": {row.name: values for row, values in memory.items()}}, file, indent=1)
    print(f"\nThe tables are in {os.path.relpath(HERE)}/table.md, the plot of growth in {os.path.relpath(HERE)}/growth.svg.")


def growth_table(figures):
    """The first and the last point of each line of growth.svg."""
    lines = []
    for panel in growth.panels(figures):
        for name, points in panel.series.items():
            lines.append([f"{panel.over}, {points[0][0]:,} to {points[-1][0]:,}", name]
                         + [panel.shown(figure) for _, figure in (points[0], points[-1])] + [panel.unit])
    return table(["as this grows", "", "first", "last", ""], lines)


def text_of(figures):
    own, added, status = figures["own"], figures["added"], figures["status"]
    rules = {number: figure for number, figure in figures["growth"]["rules"]["keepalive-shim"]}
    text = f"Measured on {figures['machine']}. These are counted, so exact:\n\n{figures['counted']}\n" \
           "These are timed, as medians. The first row is absolute; the others are multiples of it in the same round, " \
           f"± half the interquartile range:\n\n{figures['timed']}\n" \
           f"The shim's own code takes {own['socket']:.0f} ns in socket(), {own['connect']:.0f} ns in connect() and " \
           f"{own['accept']:.0f} ns in accept(). With 64 rules that do not match, connect() takes {rules[64]:,.0f} ns; the " \
           f"cheapest system call takes {own['null']:.0f} ns.\n\n" \
           f"A TCP socket() takes {added['preload']:.1f} µs longer with the preload and {added['supervised']:.0f} µs longer " \
           f"under supervision. `keepalive status` takes {status[0]:.2f} s for a process with 10,000 connections.\n"
    if "in kernel" in figures:
        kernel = figures["in kernel"]
        text += "\nIn the kernel, `keepalive cgroup` adds to a connect() " + \
                ", ".join(f"{nanoseconds:.0f}" for nanoseconds in kernel["connect"]) + \
                f" ns with no rule, 1 and 64 that do not match, and {kernel['force']:.0f} ns to each setsockopt() in " \
                f"the group; attaching takes {kernel['attach']:.0f} ms.\n"
    text += "\nThe goals, decided by two standard errors (\"unsure\": this run was too noisy to tell):\n\n" + \
            "".join(f"- {verdict}: {sentence}\n" for verdict, sentence in figures["goals"])
    return text + "\nHow the cost grows:\n\n" + growth_table(figures["growth"])


def render(figures, directory):
    with open(os.path.join(directory, "table.md"), "w") as file:
        file.write(text_of(figures))
    growth.plot(figures["growth"], os.path.join(directory, "growth.svg"))


def kept():
    with open(os.path.join(KEPT, "figures.json")) as file:
        return json.load(file)


def keep():
    """Makes the figures of the last run those of the repository."""
    shutil.copyfile(os.path.join(HERE, "figures.json"), os.path.join(KEPT, "figures.json"))
    growth.plot(kept()["growth"], os.path.join(KEPT, "growth.svg"))
    page = os.path.join(KEPT, "README.md")
    with open(page) as file:
        before, _, after = file.read().split("<!-- bench -->\n")
    with open(page, "w") as file:
        file.write("<!-- bench -->\n".join([before, text_of(kept()), after]))


if __name__ == "__main__":
    if sys.argv[1:] == ["--keep"]:
        keep()
    elif sys.argv[1:2] == ["--render"] and len(sys.argv) == 3:
        render(kept(), sys.argv[2])
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        main()
