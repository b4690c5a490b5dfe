"""What is compared: objects to preload, each with the same values: idle 60 s, interval 10 s, 6 probes."""
import dataclasses
import glob
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
HERE = os.path.join(BUILD, "bench")
COST = os.path.join(BUILD, "tests", "cost")
SHIM = os.path.join(BUILD, "libkeepalive-shim.so")
CC = os.environ.get("CC", "cc")

# Debian's packages of the same kind, with the variables that they know.
PEERS = {
    "libkeepalive0": {"KEEPALIVE": "on", "KEEPIDLE": "60", "KEEPINTVL": "10", "KEEPCNT": "6"},
    "libdontdie0": {"DD_USE_KEEPALIVE": "1", "DD_TCP_KEEPALIVE_TIME": "60", "DD_TCP_KEEPALIVE_INTVL": "10",
                    "DD_TCP_KEEPALIVE_PROBES": "6"},
}


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    object: str = None
    settings: dict = dataclasses.field(default_factory=dict, hash=False)
    by_hand: bool = False
    runner: tuple = ()  # a command that runs the program

    def environment(self, **more):
        result = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", **self.settings, **more}
        if self.object:
            result["LD_PRELOAD"] = self.object
        return result

    def cost(self, *arguments):
        """The fixture's command line."""
        return [*self.runner, COST, *(["-b"] if self.by_hand else []), *map(str, arguments)]


EMPTY = "an empty object"
NONE = Row("no shim")
HAND = Row("four setsockopts by hand", by_hand=True)
OURS = Row("**keepalive-shim**", SHIM)
SUPERVISED = Row("keepalive run --supervise=always",
                 runner=(os.path.join(BUILD, "keepalive"), "run", "--supervise=always", "--"))

# The least that a supervisor can cost, and one that makes the socket; and what ours costs on a kernel before 6.13, which
# has no PIDFD_GET_INFO.
GOING_ON = Row("a supervisor that only says go on", runner=(os.path.join(HERE, "going_on"),))
MAKING = Row("a supervisor that makes the socket, without a check", runner=(os.path.join(HERE, "making"),))
SUPERVISED_BY_FILES = Row("the same on Linux before 6.13",
                          runner=(os.path.join(BUILD, "tests", "refuse"), "ENOSYS", "pidfd_open", *SUPERVISED.runner))


def compile(source, target, *options):
    path = os.path.join(HERE, target)
    subprocess.run([CC, "-O2", "-D_GNU_SOURCE", *options, "-o", path, source], check=True)
    return path


def empty_object():
    """The smallest object that can be preloaded: empty, and linked as ours is."""
    source = os.path.join(HERE, "empty.c")
    open(source, "w").close()
    return compile(source, "empty.so", "-shared", "-nostdlib", "-Wl,-z,now,-z,relro,-z,noexecstack,-z,noseparate-code",
                   "-Wl,--hash-style=gnu")


def peer(package):
    """The object of a Debian package, installed or downloaded into build/bench; None if neither works."""
    library = package.rstrip("0") + ".so.0"
    installed = glob.glob(f"/usr/lib/{library}") + glob.glob(f"/usr/lib/*/{library}")
    unpacked = os.path.join(HERE, "peers")
    if not installed and shutil.which("apt-get"):
        os.makedirs(unpacked, exist_ok=True)
        if subprocess.run(["apt-get", "-qq", "download", package], cwd=unpacked, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            for archive in glob.glob(os.path.join(unpacked, f"{package}_*.deb")):
                subprocess.run(["dpkg-deb", "-x", archive, unpacked], check=True)
    return next(iter(installed + glob.glob(f"{unpacked}/usr/lib/**/{library}", recursive=True)), None)


def rows(say):
    result = [NONE, Row(EMPTY, empty_object()), HAND, OURS]
    for package, settings in PEERS.items():
        path = peer(package)
        if path:
            result.append(Row(f"Debian's {package}", path, settings))
        else:
            say(f"without {package}: not installed, and apt-get download does not get it")
    return result
