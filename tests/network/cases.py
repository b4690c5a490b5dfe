"""cases: what is measured on the wire: cases.py [--jobs N] DIRECTORY GROUP|CASE...

Runs the cases side by side, each on hosts of its own (lab.py), and writes DIRECTORY/CASE.json for
each. Nothing is judged here; expect.py does that.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lab import HERE, Cable, Host, LabError, Program, wait_for
from wire import Capture, SYN, RST, Connection

SHIM = os.environ.get("SHIM", os.path.join(HERE, "../../build/libkeepalive-shim.so"))
PORT = 4000  # on a host of its own every port is free
TICK = time.clock_getres(6)  # CLOCK_MONOTONIC_COARSE: the kernel's timer tick
FAST = {"KEEPALIVE_IDLE": "1", "KEEPALIVE_INTERVAL": "1", "KEEPALIVE_COUNT": "3"}


def talk(*arguments):
    return [sys.executable, os.path.join(HERE, "talk.py"), *map(str, arguments)]


def variables(settings, shim):
    """A program's environment. Without the shim the settings are there all the same."""
    return {**settings, **({"LD_PRELOAD": SHIM} if shim else {})}


class Skip(Exception):
    """The case cannot be run here."""


def require(*programs):
    for program in programs:
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            raise Skip(f"{program} is not installed")


@dataclass
class Case:
    """
    A server and a client on two hosts, one cable, one fault. The near host is the one whose program
    is watched; it runs the shim unless shim says otherwise.
    """

    server: list = field(default_factory=lambda: talk("listen", PORT))
    client: list = field(default_factory=lambda: talk("connect", "{server}", PORT))
    watch: str = "server"
    shim: str = "near"  # near, far, both, none
    settings: dict = field(default_factory=lambda: FAST)
    far_settings: dict = None  # where they differ
    family: int = 4
    fault: str = "silence"  # a method of Cable; none: nothing happens
    seconds: float = 7  # how long to watch after the fault
    opening: str = ""  # what the client's standard input starts with
    ready: tuple = ("client", "hello")  # who has said what when the connection is in use
    in_flight: str = ""  # what the near program is told to send after the fault
    needs: tuple = ()
    sysctls: dict = field(default_factory=dict)
    stdin: str = ""  # "listener": the server finds a listener there


def end_of(connection, program, settings, shim, dark, before, end):
    """One end of the connection, in seconds since the last segment that it received."""
    last = max(segment.at for segment in connection.received if segment.at <= dark)

    def since(segments):
        return [round(segment.at - last, 4) for segment in segments]

    probes = [probe for probe in connection.probes() if probe.at > last]
    error = program.error(dark)
    if error:
        error["at"] = round(error["at"] - last, 4)
    return {
        "shim": shim,
        "settings": settings,
        "last": last,
        "dark": round(dark - last, 4),
        "watched": round(end - last, 4),
        "probes": since(probes),
        "answered": connection.answered(probes),
        "reset": since(segment for segment in connection.sent if segment.flags & RST),
        "reset_received": since(one for one in connection.received if one.flags & RST),
        "retransmissions": since(connection.retransmissions()),
        "window_probes": since(connection.window_probes()),
        "error": error,
        "exit": program.exit_at and round(program.exit_at - last, 4),
        "said": program.output(),
        "sockets_before": before,
        "sockets": program.sockets(),
    }


def run_case(case, scratch):
    require(*case.needs)
    near, far = Host(), Host()
    cable = Cable(near, far)
    hosts = {case.watch: near, "client" if case.watch == "server" else "server": far}
    for name, value in case.sysctls.items():
        near.sysctl(name, value)
        far.sysctl(name, value)
    address = (cable.ipv4 if case.family == 4 else cable.ipv6)(0 if case.watch == "server" else 1)
    with near:
        capture = Capture(cable.device)
    programs = {}

    def start(side, command, **more):
        own = hosts[side] is near
        settings = case.settings if own or case.far_settings is None else case.far_settings
        shim = case.shim in ("both", "near" if own else "far")
        if callable(command):
            programs[side] = Program(
                hosts[side], lambda console: command(scratch, console, settings, shim), **more)
        else:
            command = [word.replace("{server}", address).replace("{scratch}", scratch)
                       for word in command]
            programs[side] = Program(hosts[side], command, variables(settings, shim), **more)

    try:
        if case.stdin == "listener":
            with hosts["server"], socket.create_server(("", PORT)) as listener:
                start("server", case.server, stdin=listener)
        else:
            start("server", case.server)
        wait_for(lambda: hosts["server"].listens(PORT), 20,
                 f"a listener; the server said {programs['server'].output()!r}")
        start("client", case.client)
        if case.opening:
            programs["client"].write(case.opening)
        programs[case.ready[0]].await_output(case.ready[1])
        wait_for(lambda: capture.quiet(0.15), 10, "the connection is quiet")
        return watch(case, near, cable, capture, programs)
    finally:
        for program in programs.values():
            program.end()


def watch(case, near, cable, capture, programs):
    """The fault and what follows, as the report."""
    near_side, far_side = case.watch, "client" if case.watch == "server" else "server"
    watched = [programs[near_side]] + ([programs[far_side]] if case.shim in ("far", "both") else [])
    probed = near.counter("TCPKeepAlive")
    if case.fault != "none":
        getattr(cable, case.fault)()
    dark = time.time()
    before = {side: program.sockets() for side, program in programs.items()}
    if case.in_flight:
        sent = time.time()
        programs[near_side].write(case.in_flight)
    end = dark + case.seconds

    def over():
        return time.time() > end or all(program.error(dark) or program.exit_at
                                        for program in watched)

    wait_for(over, case.seconds + 10, "the end")
    time.sleep(0.3)  # whatever would still come
    now = time.time()
    connection = capture.connections()[0]
    report = {
        "tick": TICK,
        "fault": case.fault,
        "family": case.family,
        "syn_data": max(segment.length for segment in connection.segments if segment.flags & SYN),
        "kernel_probes": near.counter("TCPKeepAlive") - probed,
        "near": end_of(connection, programs[near_side], case.settings,
                       case.shim in ("near", "both"), dark, before[near_side], now),
        "far": end_of(connection.other_end(), programs[far_side],
                      case.far_settings or case.settings, case.shim in ("far", "both"), dark,
                      before[far_side], now),
    }
    if case.in_flight:
        report["sent"] = round(sent - report["near"]["last"], 4)
    return report


# Listeners that somebody else has opened.

def service(scratch, console, settings, shim, *command):
    """A script that becomes the service; only there the shim is loaded. Returns its path."""
    path = os.path.join(scratch, "service")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\nexec 2>{console}\nexec env "
                   + " ".join(f"{name}={value}" for name, value in variables(settings, shim).items())
                   + f" {' '.join(command)}\n")
    os.chmod(path, 0o755)
    return path


def inetd(wait, *command):
    """inetd(8) with one service."""
    def make(scratch, console, settings, shim):
        path = service(scratch, console, settings, shim, *command)
        with open(os.path.join(scratch, "inetd.conf"), "w", encoding="ascii") as file:
            file.write(f"{PORT} stream tcp {wait} root {path} service\n")
        return ["inetd", "-i", "-E", file.name]
    return make


def socket_activation(options, *command):
    """systemd-socket-activate(1) with one service."""
    def make(scratch, console, settings, shim):
        return ["systemd-socket-activate", "-l", str(PORT), *options,
                service(scratch, console, settings, shim, *command)]
    return make


def socat_exec(*command):
    """socat(1): each connection becomes standard input and output of a process of its own."""
    def make(scratch, console, settings, shim):
        path = service(scratch, console, settings, shim, *command)
        return ["socat", f"TCP-LISTEN:{PORT},fork", f"EXEC:{path},nofork"]
    return make


GREETING = dict(opening="hello\n")  # for servers that do not speak first

CASES = {
    "dead-peer": {
        "server-ipv4": Case(),
        "server-ipv6": Case(family=6),
        "client-ipv4": Case(watch="client"),
        "client-ipv6": Case(watch="client", family=6),
    },
}


def run_one(name, directory):
    """Writes the report of one case, or why there is none."""
    case = next(group[name] for group in CASES.values() if name in group)
    start = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            report = run_case(case, scratch) if isinstance(case, Case) else case(scratch)
    except (Skip, PermissionError) as reason:
        report = {"skip": str(reason)}
    except LabError as error:
        report = {"failure": str(error)}
    report = {"case": name, "took": round(time.monotonic() - start, 1), **report}
    with open(os.path.join(directory, name + ".json"), "w", encoding="ascii") as file:
        json.dump(report, file, indent=1)


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--one":
        run_one(*arguments[1:])
        return
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "-Urn", sys.executable, *sys.argv])
    jobs = 12
    if arguments[0] == "--jobs":
        jobs, arguments = int(arguments[1]), arguments[2:]
    directory, wanted = arguments[0], arguments[1:]
    os.makedirs(directory, exist_ok=True)
    names = [name for group, cases in CASES.items() for name in cases
             if group in wanted or name in wanted]

    def run(name):
        done = subprocess.run([sys.executable, __file__, "--one", name, directory], check=False,
                              stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode

    with ThreadPoolExecutor(jobs) as pool:
        failed = [name for name, status in zip(names, pool.map(run, names)) if status]
    if failed:
        sys.exit(f"cases.py: no report of {', '.join(failed)}")


if __name__ == "__main__":
    main()
