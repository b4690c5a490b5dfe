"""Runs a command while a process of the same user is ending: ending.py DIRECTORY COMMAND... (root; fuse(4), in a mount
namespace of its own). "PID" in the command is that process. It has TCP sockets, and waits for a file server that does not
answer when it closes a file there: its memory is gone by then, and its directory in /proc is root's.
"""
import os
import re
import socket
import subprocess
import sys
import time

from silent_files import FLUSH, mounted

NOBODY = 65534
PF_EXITING = 0x4


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def end(directory):
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    os.close(0)
    os.open(directory + "/file", os.O_RDONLY)  # the first that is closed
    as_nobody()
    os._exit(client.fileno() < 0)


def is_ending(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat, open(f"/proc/{pid}/status", encoding="ascii") as status:
        flags = int(stat.read().rpartition(")")[2].split()[6])
        return flags & PF_EXITING and not re.search("^VmSize", status.read(), re.M)


directory, command = sys.argv[1], sys.argv[2:]
with mounted(directory, (FLUSH,)) as device:
    pid = os.fork()
    if pid == 0:
        os.close(device)
        end(directory)
    while not is_ending(pid):
        time.sleep(0.01)
    run = subprocess.run([word.replace("PID", str(pid)) for word in command], preexec_fn=as_nobody, check=False, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(run.stdout.replace(str(pid), "PID"), end="")
    print("status", run.returncode, "" if is_ending(pid) else "(it had ended)")
os.waitpid(pid, 0)
