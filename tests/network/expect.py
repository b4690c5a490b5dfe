"""expect: compares reports (cases.py) with expectations: expect.py DIRECTORY EXPECTATION[+EXPECTATION...] CASE...

Prints the figures, and what is not as expected; exit status 1 then, 77 if a case was skipped. The
expectations are the functions below, with their arguments after colons; name=value expects an
option of the socket.

Timers are never early: probe k of a connection leaves idle + k x interval after the last segment that
arrived, or later. How much later follows from the kernel's timer wheel (kernel/time/timer.c), plus
LATENESS for a machine that is busy.
"""
import json
import os
import sys

LATENESS = float(os.environ.get("NETWORK_LATENESS", "0.15"))  # seconds, for the kernel's timers
SKIPPED = 77
REACTION = 1 + 5 * LATENESS  # seconds, for a program to be scheduled and to say what it saw


class Unexpected(Exception):
    """The measurement differs from what was expected."""


def expect(truth, text):
    if not truth:
        raise Unexpected(text)


def numbers(settings):
    return tuple(int(settings[f"KEEPALIVE_SHIM_{name}"]) for name in ("IDLE", "INTERVAL", "COUNT"))


def slack(seconds, tick):
    """How late a timer may fire: a bucket of the wheel level that its distance falls into."""
    granularity = 1
    while seconds / tick >= 63 * granularity:
        granularity *= 8
    return (granularity + 1) * tick


def window(end, k, tick):
    """Earliest and latest time of probe k from 0; k = count is the reset."""
    idle, interval, _ = numbers(end["settings"])
    # The time since the last segment is counted in whole ticks: up to one may be missing.
    return (idle + k * interval - tick,
            idle + k * interval + 2 * slack(idle, tick) + k * slack(interval, tick) + LATENESS)


def in_window(what, at, bounds):
    expect(bounds[0] <= at <= bounds[1], f"{what} at {at} s, not in {bounds[0]:.3f}..{bounds[1]:.3f}")


def socket_has(end, **values):
    """The watched connection's options before the fault."""
    expect(end["socket"], "the connection was gone before the fault")
    for name, value in values.items():
        expect(end["socket"][name] == str(value), f"{name} is {end['socket'][name]}, not {value}")


def has_keepalive(end):
    socket_has(end, keepalive=1, **dict(zip(("idle", "interval", "count"),
                                            numbers(end["settings"]))))


def error_at(end, text, earliest, latest):
    """The program has printed this after the fault; without a text, it has ended."""
    if text:
        expect(end["error"], f"the program has seen no error; it said {end['said']!r}")
        expect(end["error"]["text"] == text,
               f"the program has seen {end['error']['line']!r}, not {text!r}")
        at = end["error"]["at"]
    else:
        at = end["exit"]
        expect(at, "the program still runs")
    in_window("the program's error", at, (earliest, latest))


def still_open(end):
    expect(end["open"], "the connection is gone")
    expect(not end["error"], f"the program has seen {end['error']}")
    expect(not end["reset"] and not end["reset_received"], "the connection was reset")


def dies_at(end, tick, text):
    """Exactly count probes, each in time, then a reset, then the error."""
    has_keepalive(end)
    count = numbers(end["settings"])[2]
    expect(len(end["probes"]) == count, f"{len(end['probes'])} probes, not {count}: {end['probes']}")
    for k, at in enumerate(end["probes"]):
        in_window(f"probe {k}", at, window(end, k, tick))
    expect(len(end["reset"]) == 1, f"resets at {end['reset']}, not one")
    in_window("the reset", end["reset"][0], window(end, count, tick))
    if text is not None:
        error_at(end, text, end["reset"][0], end["reset"][0] + REACTION)


def summary(end):
    parts = []
    for name, label in (("probes", "probes"), ("retransmissions", "sent again"),
                        ("window_probes", "window probes"), ("reset", "RST"),
                        ("reset_received", "RST received")):
        if end[name]:
            times = [f"{at:.2f}" for at in end[name]]
            parts.append(f"{label} {' '.join(times)}" if len(times) < 9 else
                         f"{len(times)} {label} {times[0]}..{times[-1]}")
    if end["error"]:
        parts.append(f"\"{end['error']['text']}\" {end['error']['at']:.2f}")
    elif end["exit"]:
        parts.append(f"ends {end['exit']:.2f}")
    else:
        parts.append(f"{'open' if end['open'] else 'closed'} after {end['watched']:.0f}")
    return ", ".join(parts)


# The expectations.

def dies(report):
    dies_at(report["near"], report["tick"], "Connection timed out")


def dies_silently(report):
    """The program ends without printing a reason."""
    dies_at(report["near"], report["tick"], "")


def connection_dies(report):
    """The program prints nothing and continues; its descriptor is closed."""
    dies_at(report["near"], report["tick"], None)
    expect(not report["near"]["open"], "the connection is still open")


def dies_with_broken_pipe(report):
    """ssh(1) writes to the dead connection before it ends, and prints the error of that."""
    dies_at(report["near"], report["tick"], "Broken pipe")


def both_die(report):
    """Each end notices according to its own values."""
    for end in "near", "far":
        dies_at(report[end], report["tick"], "Connection timed out")


def dies_as_mptcp(report, close_timeout=1):
    """The path dies in time; the program learns net.mptcp.close_timeout later."""
    end, tick = report["near"], report["tick"]
    dies_at(end, tick, None)
    earliest = end["reset"][0] + close_timeout
    error_at(end, "Transport endpoint is not connected", earliest - tick,
             earliest + slack(close_timeout, tick) + REACTION)


def dies_unheard(report, text="Connection timed out"):
    """The probes cannot leave the host: the kernel has counted them."""
    end, tick = report["near"], report["tick"]
    has_keepalive(end)
    count = numbers(end["settings"])[2]
    expect(not end["probes"], "probes on the cable")
    expect(report["kernel_probes"] == count,
           f"the kernel sent {report['kernel_probes']} probes, not {count}")
    earliest, latest = window(end, count, tick)
    error_at(end, text, earliest, latest + REACTION)


def dies_unplugged(report):
    """
    A probe that the device refuses does not count and is tried again after half a second (Linux
    tcp_keepalive_timer(), "local congestion"), until the lost carrier is noticed, which takes up to
    another (linkwatch_schedule_work()).
    """
    end, tick = report["near"], report["tick"]
    has_keepalive(end)
    count = numbers(end["settings"])[2]
    expect(report["kernel_probes"] >= count, f"the kernel sent {report['kernel_probes']} probes")
    earliest, latest = window(end, count, tick)
    error_at(end, "Connection timed out", earliest, latest + 1.5 + REACTION)


def dies_unreachable(report):
    """Without a route for IPv6 the error is the route's, in the same time."""
    dies_unheard(report, "Network is unreachable")


def is_reset(report):
    """The host is back without its connections: it answers the first probe that reaches it with RST."""
    end, tick = report["near"], report["tick"]
    has_keepalive(end)
    expect(len(end["reset_received"]) == 1, "no reset from the peer")
    k = len(end["probes"]) - 1
    in_window("the reset", end["reset_received"][0], window(end, k, tick))
    error_at(end, "Connection reset by peer", end["reset_received"][0],
             end["reset_received"][0] + REACTION)


def waits(report):
    """There is no probe, and after the time in which the shim would end it the connection is still open."""
    end = report["near"]
    idle, interval, count = numbers(end["settings"])
    expect(end["watched"] > idle + interval * (count + 1), "not watched for long enough")
    expect(not end["probes"], f"probes at {end['probes']}")
    expect(report["kernel_probes"] == 0, f"the kernel counted {report['kernel_probes']} probes")
    still_open(end)


def lives(report):
    """Every probe is answered; the next comes after the longer of idle and interval."""
    end, tick = report["near"], report["tick"]
    idle, interval, count = numbers(end["settings"])
    period = max(idle, interval)
    has_keepalive(end)
    expect(len(end["probes"]) > count, f"only {len(end['probes'])} probes")
    expect(end["answered"] == len(end["probes"]), f"{end['answered']} probes answered")
    for before, at in zip(end["probes"], end["probes"][1:]):
        in_window("a probe after the last", at - before,
                  (period - tick, period + 2 * slack(period, tick) + LATENESS))
    still_open(end)


def survives(report):
    """Probes are lost, fewer than count; after that they are answered."""
    end = report["near"]
    has_keepalive(end)
    count = numbers(end["settings"])[2]
    lost = len(end["probes"]) - end["answered"]
    expect(1 <= lost < count, f"{lost} of {len(end['probes'])} probes lost")
    expect(end["answered"] >= 3, f"only {end['answered']} probes answered")
    still_open(end)


def untouched(report):
    socket_has(report["near"], keepalive=0, idle=7200, interval=75, count=9)


def fast_open(report):
    expect(report["syn_data"] > 0, "no data in the SYN")


def proxy(report):
    """Each role has the values of its own rule."""
    tick = report["tick"]
    clients, servers = report["clients"], report["servers"]
    clients["settings"] = {"KEEPALIVE_SHIM_IDLE": 2, "KEEPALIVE_SHIM_INTERVAL": 1, "KEEPALIVE_SHIM_COUNT": 2}
    servers["settings"] = {"KEEPALIVE_SHIM_IDLE": 1, "KEEPALIVE_SHIM_INTERVAL": 2, "KEEPALIVE_SHIM_COUNT": 2}
    dies_at(clients, tick, "Connection timed out")
    expect(len(servers["probes"]) == 2, f"probes to the server at {servers['probes']}")
    for k, at in enumerate(servers["probes"]):
        in_window(f"probe {k} to the server", at, window(servers, k, tick))


def retransmits(report):
    """Keepalive is silent while data is unacknowledged."""
    end = report["near"]
    expect(not end["probes"], f"probes at {end['probes']}")
    expect(len(end["retransmissions"]) >= 3, f"sent again at {end['retransmissions']}")


def hidden(report):
    """Data in flight hides the dead path: still open long after keepalive's time."""
    retransmits(report)
    expect(report["near"]["watched"] >= 20, "not watched for long enough")
    still_open(report["near"])


def bounded(report, earliest, latest):
    retransmits(report)
    sent = report["sent"]
    error_at(report["near"], "Connection timed out", sent + float(earliest), sent + float(latest))


def reader_lives(report):
    """A peer that answers and does not read is left alone."""
    end = report["near"]
    expect(end["watched"] >= 20, "not watched for long enough")
    expect(len(end["window_probes"]) >= 5, f"window probes at {end['window_probes']}")
    still_open(end)


def reader_killed(report, earliest, latest):
    expect(report["near"]["window_probes"], "the window was not shut")
    error_at(report["near"], "Connection timed out", report["sent"] + float(earliest),
             report["sent"] + float(latest))


def serves_again(report):
    """Full of vanished clients; after idle + interval x count all resources are free again."""
    stays_full_until_dark(report)
    idle, interval, count = numbers(report["settings"])
    again = report["served_again"]
    expect(again, "never serves again")
    expect(again < (idle + interval * count) * 1.125 + REACTION, f"serves again after {again} s only")
    for name in "processes", "threads", "descriptors":
        expect(report["after"][name] == report["empty"][name],
               f"{name}: {report['empty'][name]} before, {report['after'][name]} after")


def stays_full_until_dark(report):
    expect(report["served_at_first"], "does not serve at all")
    expect(not report["served_when_full"], "is not full")
    grown = [name for name in ("processes", "threads", "descriptors")
             if report["full"][name] >= report["empty"][name] + report["limit"]]
    expect(grown, "nothing grew with the clients")


def stays_full(report):
    stays_full_until_dark(report)
    expect(report["served_again"] is None, f"serves again after {report['served_again']} s")
    for name in "processes", "threads", "descriptors":
        expect(report["after"][name] == report["full"][name],
               f"{name}: {report['full'][name]} full, {report['after'][name]} at the end")


def memory_freed(report):
    full, after = report["full"]["memory"], report["after"]["memory"]
    expect(after < full / 2, f"{full} kB when full, {after} kB after")


def heard(report):
    expect(report["heard"] is not None, "what was said after the pause has not arrived")


def cut(report):
    expect(report["heard"] is None, f"heard after {report['heard']} s")


def measured(report):
    """The figures in one line."""
    if "near" in report:
        far = report["far"]
        return summary(report["near"]) + (f"; far: {summary(far)}" if far["shim"] else "")
    if "clients" in report:
        return f"clients: {summary(report['clients'])}; servers: {summary(report['servers'])}"
    if "full" in report:
        resources = "; ".join(
            f"{name} {report['empty'][name]} > {report['full'][name]} > {report['after'][name]}"
            for name in report["full"])
        again = report["served_again"]
        return f"serves again: {f'after {again} s' if again else 'no'}; {resources}"
    said = f"heard after {report['heard']} s" if report["heard"] is not None else "not heard"
    return said + (f", \"{report['error']['text']}\"" if report["error"] else "")


def judge(directory, case, expectations):
    """Prints the figures, and what is not as expected. Returns an exit status."""
    with open(os.path.join(directory, case + ".json"), encoding="ascii") as file:
        report = json.load(file)
    if "skip" in report:
        print(f"{case}: {report['skip']}")
        return SKIPPED
    try:
        expect("failure" not in report, f"the lab failed: {report.get('failure')}")
        print(f"{case}: {measured(report)}")
        for expectation in expectations:
            name, *arguments = expectation.split(":")
            if "=" in name:
                socket_has(report["near"], **dict([name.split("=")]))
            else:
                globals()[name](report, *arguments)
    except Unexpected as problem:
        print(f"NOT AS EXPECTED: {case}: {problem}")
        return 1
    return 0


def main():
    directory, expectations, *cases = sys.argv[1:]
    statuses = [judge(directory, case, expectations.split("+")) for case in cases]
    sys.exit(1 if 1 in statuses else max(statuses))


main()
