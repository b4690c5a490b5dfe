"""Runs a command with a standard error of an unusual kind: with_stderr.py KIND,... COMMAND...

For each kind prints its name, the command's output and status, then what arrived at the other end of standard error. The
command has the default actions for SIGPIPE and SIGXFSZ.
"""
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import time

LIMIT = 20 # seconds; nothing here takes one


def fill(fd):
    os.set_blocking(fd, False)
    try:
        while True:
            os.write(fd, b"x" * 512)
    except BlockingIOError:
        os.set_blocking(fd, True)


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client.detach(), server.accept()[0].detach()


def ends(kind):
    """The other end, or None if it is closed, and standard error."""
    if kind.startswith("pipe"):
        other, stderr = os.pipe()
    elif kind.startswith("unix"):
        other, stderr = (end.detach() for end in socket.socketpair())
    elif kind.startswith("tcp"):
        other, stderr = tcp_pair()
    elif kind.startswith("terminal"):
        other, stderr = pty.openpty()
        if kind.endswith("-stopped"):
            termios.tcflow(stderr, termios.TCOOFF)
    else:
        return None, os.open(kind, os.O_WRONLY | os.O_CREAT, 0o600) # a file
    if kind.endswith("-full"):
        fill(stderr)
    if kind.endswith("-gone"):
        os.close(other)
        other = None
    return other, stderr


def outcome(status):
    if os.WIFSTOPPED(status):
        return f"stopped by {signal.Signals(os.WSTOPSIG(status)).name}"
    return f"status {os.waitstatus_to_exitcode(status)}"


def received(other):
    os.set_blocking(other, False)
    try:
        return os.read(other, 1 << 16).decode().lstrip("x")
    except OSError:
        return ""


def run(kind, command):
    other, stderr = ends(kind)
    stdin = stderr if kind.startswith("tcp") else subprocess.DEVNULL
    try:
        status = subprocess.run(command, stdin=stdin, stderr=stderr, timeout=LIMIT).returncode
        print("status", status, flush=True)
    except subprocess.TimeoutExpired:
        print("hangs", flush=True)
    os.close(stderr)
    if other is not None:
        print(received(other), end="")


def run_in_terminal(command, prepare):
    """As a job of a terminal; prepare() is called in it."""
    stdout = os.dup(1)
    leader, terminal = pty.fork()
    if leader == 0:
        attributes = termios.tcgetattr(2)
        attributes[3] |= termios.TOSTOP
        termios.tcsetattr(2, termios.TCSANOW, attributes)
        job = os.fork()
        if job == 0:
            prepare()
            os.dup2(stdout, 1)
            os.closerange(3, 64)
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            os.execvp(command[0], command)
        status = os.waitpid(job, os.WUNTRACED)[1]
        os.write(stdout, (outcome(status) + "\n").encode())
        if os.WIFSTOPPED(status):
            os.kill(job, signal.SIGKILL)
        os._exit(0)
    end = time.monotonic() + LIMIT
    while os.waitpid(leader, os.WNOHANG)[0] == 0 and time.monotonic() < end:
        time.sleep(0.01)
    print(received(terminal).replace("\r", ""), end="")


for each in sys.argv[1].split(","):
    print(each + ":", flush=True)
    if each == "background": # which the terminal stops if it writes: stty tostop
        run_in_terminal(sys.argv[2:], lambda: os.setpgid(0, 0))
    elif each == "another-user":
        run_in_terminal(sys.argv[2:], lambda: (os.setgid(65534), os.setuid(65534)))
    else:
        run(each, sys.argv[2:])
