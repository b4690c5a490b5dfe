"""cases: measures connections on the wire: cases.py DIRECTORY GROUP|CASE...

Runs the cases side by side, each on hosts of its own (lab.py), and writes DIRECTORY/CASE.json for
each. expect.py decides whether the results are as expected.
"""
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field

from lab import HERE, Cable, Host, LabError, Program, Skip, children, wait_for
from wire import RST, SYN, Capture

SHIM = os.path.abspath(os.environ.get("SHIM") or HERE + "/../../build/libkeepalive-shim.so")
PORT = 4000  # on a host of its own every port is free
TICK = time.clock_getres(6)  # CLOCK_MONOTONIC_COARSE: the kernel's timer tick
FAST = {"KEEPALIVE_SHIM_IDLE": "1", "KEEPALIVE_SHIM_INTERVAL": "1", "KEEPALIVE_SHIM_COUNT": "3"}


def talk(*arguments):
    return [sys.executable, "-ESB", os.path.join(HERE, "talk.py"), *map(str, arguments)]


def variables(settings, shim):
    """A program's environment. Without the shim it contains the settings all the same."""
    return {**settings, **({"LD_PRELOAD": SHIM} if shim else {})}


with open("/proc/self/uid_map", encoding="ascii") as uid_map:
    IN_USER_NAMESPACE = uid_map.read().split() != ["0", "0", "4294967295"]


class Turn:
    """
    Setting up needs the processor, watching only waits: as many cases as there are processors are set up at a
    time, and all are watched at the same time. The kernel releases the lock even if a case crashes.
    """

    def __init__(self):
        self.files = [tempfile.TemporaryFile() for _ in os.sched_getaffinity(0)]
        self.held = None

    def take(self, number):
        self.held = open(f"/proc/self/fd/{self.files[number % len(self.files)].fileno()}", "rb")
        fcntl.flock(self.held, fcntl.LOCK_EX)

    def give(self):
        self.held.close()


TURN = Turn()


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
    fault: str = "silence"  # a method of Cable; stop: the far program; none: nothing happens
    seconds: float = 7  # how long to watch after the fault
    opening: str = ""  # what the client's standard input starts with
    ready: tuple = ("client", "hello")  # who has said what when the connection is in use
    in_flight: str = ""  # what the near program is told to send after the fault
    needs: tuple = ()
    sysctls: dict = field(default_factory=dict)
    stdin: str = ""  # "listener": the server finds a listener there


def socket_of(connection, found):
    """The connection's own socket among those that Program.sockets() has found; None: gone."""
    for one in found:
        if (one["local"].endswith(f":{connection.own[1]}")
                and one["peer"].endswith(f":{connection.peer[1]}") and one["state"] != "CLOSE"):
            return one
    return None


def end_of(connection, program, settings, shim, dark, before):
    """
    One end of the connection, in seconds since the last segment that it received. Before are the
    program's sockets before the fault.
    """
    now = time.time()
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
        "socket": socket_of(connection, before),
        "last": last,
        "dark": round(dark - last, 4),
        "watched": round(now - last, 4),
        "probes": since(probes),
        "answered": connection.answered(probes),
        "reset": since(segment for segment in connection.sent if segment.flags & RST),
        "reset_received": since(one for one in connection.received if one.flags & RST),
        "retransmissions": since(connection.retransmissions()),
        "window_probes": since(connection.window_probes()),
        "error": error,
        "exit": program.exit_at and round(program.exit_at - last, 4),
        "said": program.output(),
        "open": bool(socket_of(connection, program.sockets())),
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
    """Causes the fault, watches what follows, and returns the report."""
    near_side, far_side = case.watch, "client" if case.watch == "server" else "server"
    watched = [programs[near_side]] + ([programs[far_side]] if case.shim in ("far", "both") else [])
    probed = near.counter("TCPKeepAlive")
    before = {side: program.sockets() for side, program in programs.items()}
    if case.fault == "stop":
        programs[far_side].stop()
    elif case.fault != "none":
        getattr(cable, case.fault)()
    dark = time.time()
    TURN.give()
    if case.in_flight:
        sent = time.time()
        programs[near_side].write(case.in_flight)
    end = dark + case.seconds

    while time.time() < end and not all(program.error(dark) or program.exit_at
                                        for program in watched):
        time.sleep(0.1)
    time.sleep(0.3)  # for whatever would still come
    connection = capture.connections()[0]
    report = {
        "tick": TICK,
        "fault": case.fault,
        "family": case.family,
        "syn_data": max(segment.length for segment in connection.segments if segment.flags & SYN),
        "kernel_probes": near.counter("TCPKeepAlive") - probed,
        "near": end_of(connection, programs[near_side], case.settings,
                       case.shim in ("near", "both"), dark, before[near_side]),
        "far": end_of(connection.other_end(), programs[far_side],
                      case.far_settings or case.settings, case.shim in ("far", "both"), dark,
                      before[far_side]),
    }
    if case.in_flight:
        report["sent"] = round(sent - report["near"]["last"], 4)
    return report


# Listeners that another process has opened.

def service(scratch, console, settings, shim, *command):
    """A script that becomes the service; the shim is loaded only in the service. Returns its path."""
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


# Servers with configuration files.

def nginx(scratch, console, settings, shim):
    path = os.path.join(scratch, "nginx.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"""
            daemon off; user root; pid {scratch}/pid; error_log stderr info; events {{ }}
            http {{ access_log off; client_body_temp_path {scratch}; proxy_temp_path {scratch};
            fastcgi_temp_path {scratch}; uwsgi_temp_path {scratch}; scgi_temp_path {scratch};
            server {{ listen {PORT}; return 200 "hello\\n"; }} }}""")
    return [service(scratch, console, settings, shim, "nginx", "-e", "stderr", "-c", path)]


def sshd(scratch, console, settings, shim):
    if IN_USER_NAMESPACE:
        raise Skip("sshd needs root itself, not that of a user namespace")
    key, path = os.path.join(scratch, "key"), os.path.join(scratch, "sshd_config")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    os.makedirs("/run/sshd", exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"Port {PORT}\nHostKey {key}\nAuthorizedKeysFile {key}.pub\nStrictModes no\n"
                   f"UsePAM no\nPermitRootLogin yes\nPidFile {scratch}/pid\n")
    return [service(scratch, console, settings, shim, "/usr/sbin/sshd", "-D", "-e", "-f", path)]


SSH = ["ssh", "-p", str(PORT), "-i", "{scratch}/key", "-F", "none", "-o", "BatchMode=yes", "-o",
       "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "root@{server}",
       "echo hello; cat"]
CURL = ["curl", "--silent", "--show-error", "--no-buffer", "--http0.9", f"http://{{server}}:{PORT}/"]
REDIS = ["redis-server", "--port", str(PORT), "--bind", "0.0.0.0", "--protected-mode", "no",
         "--save", "", "--loglevel", "verbose", "--tcp-keepalive", "0"]
MPTCP_SERVER, MPTCP_CLIENT = talk("listen-mptcp", PORT), talk("connect-mptcp", "{server}", PORT)
MPTCP = {"net.mptcp.close_timeout": 1}
FASTOPEN = {"net.ipv4.tcp_fastopen": 0x607}  # client and server, every listener, without cookies
ECHOED = dict(opening="hello\n")
HEARD = dict(opening="hello\n", ready=("server", "hello"))

DEAD_PEER = {
    "server-ipv4": Case(),
    "server-ipv6": Case(family=6),
    "client-ipv4": Case(watch="client"),
    "client-ipv6": Case(watch="client", family=6),
    "both-ipv4": Case(shim="both", far_settings={**FAST, "KEEPALIVE_SHIM_COUNT": "2"}),
    "both-ipv6": Case(shim="both", family=6, watch="client",
                      far_settings={**FAST, "KEEPALIVE_SHIM_IDLE": "2", "KEEPALIVE_SHIM_COUNT": "2"}),
    "server-other-values": Case(settings={"KEEPALIVE_SHIM_IDLE": "2", "KEEPALIVE_SHIM_INTERVAL": "1",
                                          "KEEPALIVE_SHIM_COUNT": "4"}, seconds=9),
    "client-other-values": Case(watch="client", settings={
        "KEEPALIVE_SHIM_IDLE": "1", "KEEPALIVE_SHIM_INTERVAL": "2", "KEEPALIVE_SHIM_COUNT": "2"}),
    "client-user-timeout": Case(watch="client",
                                settings={**FAST, "KEEPALIVE_SHIM_USER_TIMEOUT": "auto"}),
    # MPTCP
    "server-mptcp": Case(server=MPTCP_SERVER, client=MPTCP_CLIENT, sysctls=MPTCP, seconds=9),
    "client-mptcp": Case(server=MPTCP_SERVER, client=MPTCP_CLIENT, sysctls=MPTCP, seconds=9,
                         watch="client"),
    "client-mptcp-ipv6": Case(server=MPTCP_SERVER, client=MPTCP_CLIENT, sysctls=MPTCP, seconds=9,
                              watch="client", family=6),
    # Non-blocking sockets, TCP Fast Open.
    "server-async": Case(server=talk("async-listen", PORT)),
    "client-async": Case(client=talk("async-connect", "{server}", PORT), watch="client"),
    "server-fastopen": Case(client=talk("connect-fastopen", "{server}", PORT), sysctls=FASTOPEN),
    "client-fastopen": Case(client=talk("connect-fastopen", "{server}", PORT), sysctls=FASTOPEN,
                            watch="client"),
    # The ways in which a path or a host goes.
    "drop": Case(watch="client", fault="drop", needs=("nft",)),
    "drop-ipv6": Case(fault="drop", family=6, needs=("nft",)),
    "unplug": Case(fault="unplug"),
    "unroute": Case(watch="client", fault="unroute"),
    "unroute-ipv6": Case(fault="unroute", family=6),
    "replace": Case(watch="client", fault="replace"),
    "replace-ipv6": Case(fault="replace", family=6),
    "outage": Case(fault="outage", seconds=7.5, settings={**FAST, "KEEPALIVE_SHIM_COUNT": "5"}),
    # Controls.
    "server-without": Case(shim="none"),
    "client-without": Case(shim="none", watch="client"),
    "mptcp-without": Case(shim="none", server=MPTCP_SERVER, client=MPTCP_CLIENT, sysctls=MPTCP),
    "replace-without": Case(shim="none", fault="replace"),
    "server-role-client": Case(settings={**FAST, "KEEPALIVE_SHIM_ROLE": "client"}),
    "client-role-server": Case(settings={**FAST, "KEEPALIVE_SHIM_ROLE": "server"}, watch="client"),
    "server-healthy": Case(fault="none"),
    "client-healthy": Case(fault="none", watch="client", seconds=9, settings={
        "KEEPALIVE_SHIM_IDLE": "1", "KEEPALIVE_SHIM_INTERVAL": "2", "KEEPALIVE_SHIM_COUNT": "2"}),
}

PROGRAMS = {
    "nc-server": Case(server=["nc", "-l", str(PORT)], needs=("nc",), **HEARD),
    "nc-client": Case(client=["nc", "{server}", str(PORT)], watch="client", needs=("nc",)),
    "socat-server": Case(server=["socat", f"TCP-LISTEN:{PORT}", "-"], needs=("socat",), **HEARD),
    "socat-client": Case(client=["socat", "-", f"TCP:{{server}}:{PORT}"], watch="client",
                         needs=("socat",)),
    "curl-client": Case(client=CURL, watch="client", needs=("curl",),
                        settings={**FAST, "KEEPALIVE_SHIM_MODE": "force"}),
    "curl-respected": Case(client=CURL, watch="client", needs=("curl",)),
    "nginx-server": Case(server=nginx, needs=("nginx",),
                         opening="GET / HTTP/1.1\r\nHost: server\r\n\r\n"),
    "redis-server": Case(server=REDIS, needs=("redis-server",), opening="PING\r\n",
                         ready=("client", "PONG")),
    "sshd-server": Case(server=sshd, client=SSH, needs=("sshd", "ssh")),
    "ssh-client": Case(server=sshd, client=SSH, watch="client", needs=("sshd", "ssh")),
}

INHERIT = talk("inherit", 0)
INHERITED = {
    "listener-on-stdin": Case(server=INHERIT, stdin="listener"),
    "listener-on-stdin-without": Case(server=INHERIT, stdin="listener", shim="none"),
    "inetd-wait": Case(server=inetd("wait", *INHERIT), needs=("inetd",)),
    "inetd-nowait": Case(server=inetd("nowait", "cat"), needs=("inetd",), **ECHOED),
    "inetd-nowait-without": Case(server=inetd("nowait", "cat"), needs=("inetd",), shim="none",
                                 **ECHOED),
    "socat-exec": Case(server=socat_exec("cat"), needs=("socat",), **ECHOED),
    "socket-activation": Case(server=socket_activation([], *talk("inherit", 3)),
                              needs=("systemd-socket-activate",)),
    "socket-activation-without": Case(server=socket_activation([], *talk("inherit", 3)),
                                      needs=("systemd-socket-activate",), shim="none"),
    "socket-activation-on-stdin": Case(server=socket_activation(["--inetd"], *INHERIT),
                                       needs=("systemd-socket-activate",)),
    "socket-activation-accept": Case(server=socket_activation(["--inetd", "--accept"], "cat"),
                                     needs=("systemd-socket-activate",), **ECHOED),
}

IN_FLIGHT = dict(watch="client", in_flight="a request\n")
SHUT = dict(client=talk("send", "{server}", PORT), watch="client", in_flight="x" * (1 << 20), fault="stop", seconds=20)
UNACKNOWLEDGED = {
    "in-flight": Case(seconds=20, **IN_FLIGHT),
    "in-flight-user-timeout": Case(settings={**FAST, "KEEPALIVE_SHIM_USER_TIMEOUT": "auto"}, seconds=9,
                                   **IN_FLIGHT),
    "in-flight-rto-max": Case(settings={**FAST, "KEEPALIVE_SHIM_RTO_MAX": "1s"}, seconds=22,
                              **IN_FLIGHT),
    "stopped-reader": Case(**SHUT),
    "stopped-reader-user-timeout": Case(settings={**FAST, "KEEPALIVE_SHIM_USER_TIMEOUT": "auto"},
                                        **SHUT),
    "stopped-reader-rto-max": Case(settings={**FAST, "KEEPALIVE_SHIM_RTO_MAX": "1s"}, **SHUT),
}

# A proxy has both roles, each with its own values.

def proxy(scratch):
    require("socat")
    near, clients, servers = Host(), Host(), Host()
    facing, behind = Cable(near, clients, "clients"), Cable(near, servers, "servers", net=1)
    settings = {"KEEPALIVE_SHIM_COUNT": "2",
                "KEEPALIVE_SHIM_RULES": "role=server idle=2 interval=1; role=client idle=1 interval=2"}
    with near:
        captures = [Capture(cable.device) for cable in (facing, behind)]
    server = Program(servers, talk("listen", PORT))
    relay = Program(near, ["socat", f"TCP-LISTEN:{PORT}", f"TCP:{behind.ipv4(1)}:{PORT}"],
                    variables(settings, True))
    programs = [server, relay]
    try:
        wait_for(lambda: near.listens(PORT) and servers.listens(PORT), 15, "listeners")
        client = Program(clients, talk("connect", facing.ipv4(0), PORT))
        programs.append(client)
        client.await_output("hello")
        wait_for(lambda: all(capture.quiet(0.15) for capture in captures), 10, "quiet")
        before = relay.sockets()
        facing.silence()
        behind.silence()
        dark = time.time()
        TURN.give()
        wait_for(lambda: relay.exit_at, 15, "the proxy ends")
        ends = [end_of(capture.connections()[0], relay, settings, True, dark, before)
                for capture in captures]
        return {"tick": TICK, "clients": ends[0], "servers": ends[1]}
    finally:
        for program in programs:
            program.end()


# A server with a limit, full of clients that vanish.

LIMIT = 20


def usage(program):
    """The resources of a program and its children; memory is what they have allocated, in kB."""
    used = {"processes": 0, "threads": 0, "descriptors": 0, "memory": 0}
    for pid in program.pids():
        with contextlib.suppress(OSError):  # it has just ended
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                memory = sum(int(line.split()[1]) for line in file if line.startswith("Pss_Anon:"))
            threads, descriptors = (len(os.listdir(f"/proc/{pid}/{what}")) for what in ("task", "fd"))
            for name, value in (("processes", 1), ("threads", threads),
                                ("descriptors", descriptors), ("memory", memory)):
                used[name] += value
    return used


def is_served(host, address, patience=0.6):
    """Whether a new client gets its answer within so many seconds."""
    with host:
        client = socket.socket()
    with client:
        client.settimeout(patience)
        try:
            client.connect((address, PORT))
            client.sendall(b"PING\r\n")
            return b"PING" in (answer := client.recv(100)) or b"PONG" in answer
        except OSError:
            return False


def vanishing_crowd(command, shim, needs=()):
    def run(scratch):
        require(*needs)
        near, far, other = Host(), Host(), Host()
        cable, way_in = Cable(near, far), Cable(near, other, "way-in", net=1)
        server = Program(near, command, variables(FAST, shim))
        programs = [server]
        try:
            wait_for(lambda: near.listens(PORT), 15, "a listener")
            served_at_first = is_served(other, way_in.ipv4(0), patience=10)
            time.sleep(0.3)
            empty = usage(server)
            programs.append(Program(far, talk("crowd", cable.ipv4(0), PORT, LIMIT)))
            programs[1].await_output("all served")
            full, served_when_full = usage(server), is_served(other, way_in.ipv4(0))
            cable.silence()
            dark = time.time()
            TURN.give()
            served_again = None
            while time.time() < dark + 9 and served_again is None:
                if is_served(other, way_in.ipv4(0)):
                    served_again = round(time.time() - dark, 2)
                time.sleep(0.1)
            end = time.time() + (5 if served_again else 0.5)  # the last newcomer goes as well
            after = usage(server)
            while time.time() < end and after["descriptors"] > empty["descriptors"]:
                time.sleep(0.1)
                after = usage(server)
            return {"limit": LIMIT, "shim": shim, "settings": FAST,
                    "served_at_first": served_at_first, "served_when_full": served_when_full,
                    "served_again": served_again, "empty": empty, "full": full, "after": after}
        finally:
            for program in programs:
                program.end()
    return run


FORKING = ["socat", f"TCP-LISTEN:{PORT},fork,max-children={LIMIT}", "EXEC:cat"]
THREADED = talk("workers", PORT, LIMIT)
LIMITED = [*REDIS, "--maxclients", str(LIMIT)]
RESOURCES = {
    "crowd-processes": vanishing_crowd(FORKING, True, ("socat",)),
    "crowd-processes-without": vanishing_crowd(FORKING, False, ("socat",)),
    "crowd-threads": vanishing_crowd(THREADED, True),
    "crowd-threads-without": vanishing_crowd(THREADED, False),
    "crowd-connections": vanishing_crowd(LIMITED, True, ("redis-server",)),
    "crowd-connections-without": vanishing_crowd(LIMITED, False, ("redis-server",)),
}


# A middlebox that forgets idle connections.

FORGETS, PAUSE = 3, 6  # seconds: the entry's life without traffic; how long nothing is said
FIREWALL = """table inet firewall {
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established accept
        iifname "inside" ct state new tcp flags syn accept
    }
}
"""
NAT = """table ip nat {
    chain out { type nat hook postrouting priority srcnat; oifname "outside" masquerade; }
}
"""


def middlebox(shim="", speaker="client", family=4):
    """
    A client behind a router with a stateful firewall, for IPv4 with NAT. After the pause the speaker
    sends one line to the other.
    """
    def run(scratch):
        require("nft")
        inside, router, outside = Host(), Host(), Host()
        lan, wan = Cable(inside, router, "inside"), Cable(router, outside, "outside", net=1)
        router.nft(FIREWALL + (NAT if family == 4 else ""))
        for name, value in (("ipv4.ip_forward", 1), ("ipv6.conf.all.forwarding", 1),
                            ("netfilter.nf_conntrack_tcp_loose", 0),
                            ("netfilter.nf_conntrack_tcp_timeout_established", FORGETS)):
            router.sysctl("net." + name, value)
        inside.ip(f"route add default via {lan.ipv4(1)}", f"route add default via {lan.ipv6(1)}")
        if family == 6:
            outside.ip(f"route add default via {wan.ipv6(0)}")
        address = wan.ipv4(1) if family == 4 else wan.ipv6(1)
        server = Program(outside, talk("listen", PORT), variables(FAST, shim == "server"))
        programs = {"server": server}
        try:
            wait_for(lambda: outside.listens(PORT), 15, "a listener")
            client = Program(inside, talk("connect", address, PORT),
                             variables(FAST, shim == "client"))
            programs["client"] = client
            client.await_output("hello")
            TURN.give()
            time.sleep(PAUSE)
            spoken = time.time()
            programs[speaker].write("after the pause\n")
            hearer = programs["server" if speaker == "client" else "client"]
            try:
                wait_for(lambda: "after the pause" in hearer.output(), 4, "heard")
                heard = round(time.time() - spoken, 3)
            except LabError:
                heard = None
            return {"shim": shim, "settings": FAST, "forgets": FORGETS, "pause": PAUSE,
                    "heard": heard, "error": programs[speaker].error(spoken)}
        finally:
            for program in programs.values():
                program.end()
    return run


MIDDLEBOX = {
    "nat": middlebox("client"),
    "nat-without": middlebox(),
    "nat-push": middlebox("client", "server"),
    "nat-push-without": middlebox("", "server"),
    "nat-kept-by-server": middlebox("server", "client"),
    "firewall-ipv6": middlebox("client", family=6),
    "firewall-ipv6-without": middlebox(family=6),
}

# What timeline.py draws: a conversation, then the client's host is gone; the default settings.

def conversation(shim):
    def run(scratch):
        near, far = Host(), Host()
        cable = Cable(near, far)
        with near:
            capture = Capture(cable.device)
        programs = [Program(near, talk("listen", PORT), variables({}, shim))]
        try:
            wait_for(lambda: near.listens(PORT), 15, "a listener")
            programs.append(Program(far, talk("connect", cable.ipv4(0), PORT)))
            programs[1].await_output("hello")
            before = programs[0].sockets()
            TURN.give()
            for speaker in (1, 0, 1, 1):
                time.sleep(2.5)
                programs[speaker].write("a line\n")
            time.sleep(2)
            cable.silence()
            dark = time.time()
            time.sleep(150)
            connection = capture.connections()[0]
            report = end_of(connection, programs[0], {}, shim, dark, before)
            report["data"] = [round(segment.at - report["last"], 4)
                              for segment in connection.segments if segment.length]
            return {"kernel": os.uname().release, "near": report}
        finally:
            for program in programs:
                program.end()
    return run


CASES = {
    "timeline": {"timeline-with": conversation(True), "timeline-without": conversation(False)},
    "dead-peer": {**DEAD_PEER, "proxy": proxy},
    "programs": PROGRAMS,
    "inherited": INHERITED,
    "unacknowledged": UNACKNOWLEDGED,
    "resources": RESOURCES,
    "middlebox": MIDDLEBOX,
}


def run_one(name, directory, number, reason):
    """Writes the report of one case, or the reason why there is none."""
    case = next(group[name] for group in CASES.values() if name in group)
    TURN.take(number)
    start = time.monotonic()
    try:
        if reason:
            raise Skip(reason)
        with tempfile.TemporaryDirectory() as scratch:
            report = run_case(case, scratch) if isinstance(case, Case) else case(scratch)
    except Skip as skip:
        report = {"skip": str(skip)}
    except Exception:  # one case less; the others go on
        report = {"failure": traceback.format_exc()}
    report = {"case": name, "took": round(time.monotonic() - start, 1), **report}
    with open(os.path.join(directory, name + ".json"), "w", encoding="ascii") as file:
        json.dump(report, file, indent=1)


def main():
    become_root = ["unshare", "-Urn"]
    if os.geteuid() != 0 and subprocess.run([*become_root, "true"], check=False,
                                            stderr=subprocess.DEVNULL).returncode == 0:
        os.execvp("unshare", [*become_root, sys.executable, "-B", *sys.argv])
    directory, wanted = sys.argv[1], sys.argv[2:]
    if not os.path.exists(SHIM):
        sys.exit(f"cases.py: {SHIM}: not built")
    os.makedirs(directory, exist_ok=True)
    names = [name for group, cases in CASES.items() for name in cases
             if group in wanted or name in wanted]
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, name + ".json"))
    try:
        Host()
        reason = None
    except OSError as error:
        reason = f"cannot make network namespaces: {error.strerror}"
    started, failed = {}, []
    for number, name in enumerate(names):
        pid = os.fork()
        if pid == 0:
            run_one(name, directory, number, reason)
            os._exit(0)
        started[pid] = name
    for pid, name in started.items():
        if os.waitpid(pid, 0)[1] != 0:
            failed.append(name)
    for pid in children(os.getpid())[1:]:  # what a program has left behind comes to us
        os.kill(pid, signal.SIGKILL)
    if failed:
        sys.exit(f"cases.py: no report of {', '.join(failed)}")


if __name__ == "__main__":
    main()
