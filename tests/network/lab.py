"""lab: hosts and the cables between them, as network namespaces and veth pairs.

Nothing has a name outside the process that made it: when it ends, the kernel takes hosts, cables,
firewalls and connections away. Needs root, or `unshare -Urn`.
"""
import ctypes
import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "programs"))
import sockets  # noqa: E402 (tests/programs/sockets.py)

CLONE_NEWNET, PR_SET_CHILD_SUBREAPER = 0x40000000, 36
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def namespace():
    """A descriptor of the network namespace that this thread is in."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


HOME = namespace()
check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1))


# What programs print of an error that ends a connection.
ERROR = re.compile("|".join(os.strerror(number) for number in (
    errno.ETIMEDOUT, errno.ECONNRESET, errno.ENOTCONN, errno.EHOSTUNREACH, errno.ENETUNREACH,
    errno.ECONNREFUSED, errno.EPIPE)))


class LabError(Exception):
    """The lab itself failed, which says nothing about the shim."""


class Skip(Exception):
    """The case cannot be run here."""


def wait_for(condition, seconds, what):
    """The first true result of condition(); LabError, with what was awaited, when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise LabError(f"after {seconds} s still not: {what}")


class Host:
    """
    A host: inside `with host:` the calling thread is on it, and so is what it starts.
    """

    def __init__(self):
        check(libc.unshare(CLONE_NEWNET))
        self.namespace = namespace()
        check(libc.setns(HOME, CLONE_NEWNET))

    def __enter__(self):
        check(libc.setns(self.namespace, CLONE_NEWNET))

    def __exit__(self, *_):
        check(libc.setns(HOME, CLONE_NEWNET))

    def ip(self, *commands):
        """Runs ip(8); each command is given without the word ip."""
        self.run(["ip", "-batch", "-"], "\n".join(commands) + "\n")

    def nft(self, rules):
        """nft(8) with these rules."""
        self.run(["nft", "-f", "-"], rules)

    def run(self, command, text=""):
        with self:
            done = subprocess.run(command, input=text, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise LabError(f"{' '.join(command)}: {done.stdout.strip()}\n{text}")
        return done.stdout

    def sysctl(self, name, value):
        """Sets a sysctl; Skip if this kernel, or a container around us, does not allow that."""
        try:
            with self, open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
                file.write(str(value))
        except OSError as error:
            raise Skip(f"cannot set {name}: {error.strerror}") from error

    def counter(self, name):
        """One of the kernel's TcpExt counters, as nstat(8) shows them."""
        with self, open("/proc/thread-self/net/netstat", encoding="ascii") as file:
            names, values = [line.split() for line in file if line.startswith("TcpExt:")]
        return int(values[names.index(name)])

    def listens(self, port):
        with self:
            for table in "tcp", "tcp6":
                with open("/proc/thread-self/net/" + table, encoding="ascii") as file:
                    if any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
                           for line in file.readlines()[1:]):
                        return True
        return False


class Cable:
    """
    A cable between two hosts: on each a device of this name with an IPv4 and an IPv6 address that
    end in .1 and .2, ::1 and ::2. The hosts have permanent entries for each other's hardware addresses,
    so that only the connections under test send packets.
    """

    def __init__(self, near, far, device="cable", net=0):
        self.ends, self.device, self.net = (near, far), device, net
        self.set_up(near, 0, f"link add {device} type veth peer name {device} "
                    f"netns /proc/{os.getpid()}/fd/{far.namespace}")
        self.set_up(far, 1)

    def set_up(self, host, end, *before):
        """Gives the host's device the addresses of one end (0 or 1) of the cable."""
        host.ip(*before, "link set lo up",
                f"link set {self.device} address {self.hardware(end)} up",
                f"addr add {self.ipv4(end)}/24 dev {self.device}",
                f"addr add {self.ipv6(end)}/64 dev {self.device} nodad",
                *self.neighbours(end, self.hardware(1 - end)))

    def neighbours(self, end, hardware):
        """The commands that give one end the hardware addresses of the other."""
        return [f"neigh replace {address} lladdr {hardware} dev {self.device} nud permanent"
                for address in (self.ipv4(1 - end), self.ipv6(1 - end))]

    def hardware(self, end):
        return f"02:00:00:00:{self.net:02x}:{end + 1:02x}"

    def ipv4(self, end):
        return f"198.18.{self.net}.{end + 1}"  # RFC 2544

    def ipv6(self, end):
        return f"2001:db8:{self.net:x}::{end + 1}"  # RFC 3849

    # What happens to the far host, or to the way there.

    def silence(self):
        """
        Neither end reaches the other any more, because all packets go to a hardware address that does
        not exist. They can still be captured on the cable.
        """
        for end, host in enumerate(self.ends):
            host.ip(*self.neighbours(end, "02:00:00:00:00:99"))

    def outage(self):
        """No packet arrives for one and a half seconds."""
        def restore():
            for end, host in enumerate(self.ends):
                host.ip(*self.neighbours(end, self.hardware(1 - end)))

        self.silence()
        threading.Timer(1.5, restore).start()

    def drop(self):
        """The far host's firewall drops everything silently."""
        self.ends[1].nft("""table inet dark {
            chain in { type filter hook input priority 0; policy drop; }
            chain out { type filter hook output priority 0; policy drop; }
            }""")

    def unplug(self):
        """No carrier."""
        self.ends[1].ip(f"link set {self.device} down")

    def unroute(self):
        """The near host has lost its route."""
        for family in "-4", "-6":
            self.ends[0].run(["ip", family, "route", "flush", "dev", self.device])

    def replace(self):
        """The far host disappears and comes back with its addresses, but without its connections."""
        reborn = Host()
        self.ends[1].ip(f"link set {self.device} netns /proc/{os.getpid()}/fd/{reborn.namespace}")
        self.set_up(reborn, 1)
        self.ends = (self.ends[0], reborn)


def children(pid):
    """The process and all its descendants."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += children(int(child))
    except OSError:
        pass
    return found


class Program:
    """
    A program on a host, with these variables in its environment. What it and its children print on
    standard output and standard error is in said, with the time. For programs that do not use these,
    the command may be a function, which is called with a path that they can write to instead.
    """

    def __init__(self, host, command, variables=None, stdin=subprocess.PIPE):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        environment.update(variables or {})
        self.said, self.exit_at = [], None
        self.console, writer = os.pipe()
        if callable(command):
            command = command(f"/proc/{os.getpid()}/fd/{writer}")
        with host:
            self.process = subprocess.Popen(command, env=environment, stdin=stdin, bufsize=0,
                                            stdout=writer, stderr=writer)
        self.pid = self.process.pid
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._wait, daemon=True).start()

    def _listen(self):
        while text := os.read(self.console, 65536):
            self.said.append((time.time(), text.decode(errors="replace")))

    def _wait(self):
        self.process.wait()
        self.exit_at = time.time()

    def write(self, text):
        """Writes to its standard input, without waiting for it to read."""
        threading.Thread(target=self.process.stdin.write, args=(text.encode(),),
                         daemon=True).start()

    def output(self, since=0):
        return "".join(text for at, text in self.said if at >= since)

    def await_output(self, text, seconds=15):
        wait_for(lambda: text in self.output(), seconds,
                 f"{self.process.args} says {text!r}; it said {self.output()[-500:]!r}")

    def error(self, since):
        """The first line that it ended after that moment and that names an error; or None."""
        line = ""
        for at, text in list(self.said):
            *ended, line = (line + text).split("\n")
            for whole in ended:
                found = at >= since and ERROR.search(whole)
                if found:
                    return {"at": at, "text": found.group(), "line": whole.strip()}
        return None

    def pids(self):
        """
        The program and its children; nothing once it has ended, since the pid may be another process's.
        """
        return children(self.pid) if self.process.returncode is None else []

    def sockets(self):
        """The TCP sockets of the program and its children (sockets.py), each once."""
        found = {}
        for pid in self.pids():
            try:
                for line in sockets.sockets_of(pid):
                    found[line.split(" ", 1)[1]] = dict(word.split("=", 1) for word in line.split())
            except OSError:
                pass  # it has just ended
        return list(found.values())

    def stop(self):
        """Stops the program, as Ctrl-Z does."""
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def end(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
