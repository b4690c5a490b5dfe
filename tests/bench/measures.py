"""The single measurements. Each takes a row and returns one figure, or one for each of several names."""
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from rounds import fast_quartile, pin
from rows import BUILD, HERE, NONE, ROOT, SHIM

sys.path.insert(0, os.path.join(ROOT, "tests", "programs"))
import counts  # noqa: E402


def operations(row, names, count=50, batches=12):
    """Nanoseconds of each of the fixture's operations."""
    run = subprocess.run(row.cost(count, *(list(names) * batches)), env=row.environment(), preexec_fn=pin(0),
                         check=True, stdout=subprocess.PIPE, text=True)
    times = {name: [] for name in names}
    for line in run.stdout.splitlines():
        name, nanoseconds = line.split()
        times[name].append(float(nanoseconds))
    return {name: fast_quartile(values) for name, values in times.items()}


def start(row, command, times):
    """Microseconds from spawning a program until waiting for it returns."""
    result = []
    for _ in range(times):
        began = time.perf_counter_ns()
        words = [*row.runner, *command]
        pid = os.posix_spawn(words[0], words, row.environment())
        os.waitpid(pid, 0)
        result.append((time.perf_counter_ns() - began) / 1000)
    return fast_quartile(result)


def memory(row, sockets=0):
    """KiB of a process's own, without and with TCP sockets: Anonymous of proc_pid_smaps(5).

    Not Private_Dirty, which counts a library's text too until a newly built file has reached the disk.
    """
    process = subprocess.Popen(row.cost(sockets, "hold", "wait"), env=row.environment(), stdout=subprocess.PIPE)
    process.stdout.readline()
    with open(f"/proc/{process.pid}/smaps_rollup") as rollup:
        kilobytes = int(re.search(r"Anonymous: +(\d+)", rollup.read())[1])
    process.kill()
    process.wait()
    process.stdout.close()
    return kilobytes


def own_pages(row):
    """Pages of the object's memory that are written to before a socket is made."""
    process = subprocess.Popen(row.cost(0, "hold", "wait"), env=row.environment(), stdout=subprocess.PIPE)
    process.stdout.readline()
    pages = counts.own_pages(os.path.realpath(row.object), process.pid)
    process.kill()
    process.wait()
    process.stdout.close()
    return pages


def status(connections, times):
    """Seconds that `keepalive status` takes for a process with so many connections: by the clock, and of CPU time."""
    process = subprocess.Popen(NONE.cost(connections // 2, "pairs", "wait"), stdout=subprocess.PIPE)
    process.stdout.readline()
    passed, used = [], []
    for _ in range(times):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        run = subprocess.run([f"{BUILD}/keepalive", "status", str(process.pid)], check=True, stdout=subprocess.PIPE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        passed.append(time.perf_counter() - began)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert run.stdout.count(b"\n") > connections
    process.kill()
    process.wait()
    process.stdout.close()
    return statistics.median(passed), statistics.median(used)


def hooks(settings={}):
    """Nanoseconds spent only in our own code: hooks.c, with still.c in place of the C library."""
    environment = {**NONE.environment(), "LD_PRELOAD": f"{SHIM} {HERE}/still.so", **settings}
    run = subprocess.run([f"{HERE}/hooks"], env=environment, preexec_fn=pin(0), check=True, stdout=subprocess.PIPE,
                         text=True)
    return {name: float(value) for name, value in (line.split() for line in run.stdout.splitlines())}


def counted(row):
    """System calls and instructions added to socket(), connect() and accept(); size and relocations of the object."""
    arguments, names = [100, "tcp", "connect", "accept"], ("tcp", "connect", "accept")
    calls = counts.system_calls(row.cost(*arguments), row.object, row.settings)
    calls.subtract(counts.system_calls(NONE.cost(*arguments)))
    result = {"calls": {name: sum(number for (phase, _), number in calls.items() if phase == name) / 100
                        for name in names}}
    if shutil.which("valgrind"):
        own, none = (counts.instructions(r.cost(*arguments), r.object, r.settings) for r in (row, NONE))
        result["instructions"] = {name: own[name] - none[name] for name in names}
    if row.object:
        with tempfile.NamedTemporaryFile() as stripped:
            subprocess.run(["strip", "-o", stripped.name, row.object], check=True)
            result["size"] = os.path.getsize(stripped.name)
        relocations = subprocess.run(["readelf", "-rW", row.object], check=True, stdout=subprocess.PIPE, text=True)
        result["relocations"] = len(re.findall(r" R_\w+", relocations.stdout))
    return result


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """A real server for each row. All run at the same time, and one at a time gets requests, each on its own connection."""

    CONFIGURATION = """
        daemon off; master_process off; error_log error.log; pid nginx.pid;
        events {{ worker_connections 1024; }}
        http {{
            access_log off;
            client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
            server {{ listen 127.0.0.1:{port} backlog=4096{keepalive}; return 200 "ok"; }}
        }}
    """

    def __init__(self, rows):
        self.directory, self.servers, self.ports = tempfile.TemporaryDirectory(), [], {}
        for number, row in enumerate(rows):
            prefix = os.path.join(self.directory.name, str(number))
            os.makedirs(os.path.join(prefix, "t"))
            self.ports[row] = free_port()
            with open(os.path.join(prefix, "nginx.conf"), "w") as file:
                keepalive = " so_keepalive=60s:10s:6" if row.by_hand else ""
                file.write(self.CONFIGURATION.format(port=self.ports[row], keepalive=keepalive))
            self.servers.append(subprocess.Popen(
                [*row.runner, "nginx", "-p", prefix, "-c", "nginx.conf", "-e", "error.log"], env=row.environment(),
                preexec_fn=pin(0), stdin=subprocess.DEVNULL))
        for row in rows:
            self.await_server(row)

    def await_server(self, row):
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.ports[row])).close()
                return
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def requests(self, row, seconds):
        """Requests a second."""
        run = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}", "-H", "Connection: close",
                              f"http://127.0.0.1:{self.ports[row]}/"], env=NONE.environment(), preexec_fn=pin(1),
                             check=True, stdout=subprocess.PIPE, text=True)
        return float(re.search(r"Requests/sec: +([\d.]+)", run.stdout)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            server.wait()
        self.directory.cleanup()
