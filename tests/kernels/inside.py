"""The checks that run inside the emulated machine: prints each result, after the name of the check. inside.py SCOPE...

The SCOPEs are Yama's, of which the machine cannot leave 3 again; without one, all other checks.
"""
import os
import re
import subprocess
import sys

NOBODY = 65534
SHIM = {"LD_PRELOAD": "/here/libkeepalive-shim.so"}
YAMA = "/proc/sys/kernel/yama/ptrace_scope"
SOCKET = """import socket
s = socket.socket()
print(s.getsockopt(1, socket.SO_KEEPALIVE), *(s.getsockopt(socket.IPPROTO_TCP, name) for name in (4, 5, 6)))"""
HOLD = """import socket, sys
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
connection = server.accept()[0]
print(flush=True)
sys.stdin.read()"""


def ask(name, *command, user=0, **environment):
    run = subprocess.run(command, env={**os.environ, **environment}, user=user, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in run.stdout.splitlines():
        print(f"{name}: {line}")
    if run.returncode:
        print(f"{name}: exit status {run.returncode}")


def supervise(name, *options, **how):
    ask(name, "./keepalive", "run", "--supervise=always", *options, "./supervised", "kinds", **how)


def holding(user):
    """A process with a listener and both ends of a connection."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], user=user, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def yama(scope):
    with open(YAMA, "w") as file:
        file.write(scope)


if not sys.argv[1:]:
    print("kernel: Linux", re.match(r"\d+\.\d+", os.uname().release)[0])
    print("libc:", os.confstr("CS_GNU_LIBC_VERSION"))
    ask("preload", sys.executable, "-c", SOCKET, **SHIM)
    ask("high", sys.executable, "high.py", "65536", **SHIM, KEEPALIVE_SHIM_RULES="role=server peer=127.0.0.1 idle=20")
    process = holding(0)
    ask("attach", "./keepalive", "attach", "--idle=20", str(process.pid))
    ask("status", "./keepalive", "status", str(process.pid))
    process.communicate()
    yama("0")
    supervise("supervised")
    supervise("supervised with a rule", "--rule=role=server idle=20", user=NOBODY)
else:
    other = holding(NOBODY)
    for scope in sys.argv[1:]:
        yama(scope)
        ask("Yama " + scope, "./keepalive", "attach", str(other.pid), user=NOBODY if scope < "3" else 0)
        supervise(f"supervised under Yama {scope}", "--rule=role=server idle=20", user=NOBODY)
        ask(f"default under Yama {scope}", "./keepalive", "run", "--supervise=always", sys.executable, "-c",
            "import subprocess; subprocess.run(['./supervised', 'kinds'])", user=NOBODY)
    other.communicate()
