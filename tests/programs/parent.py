"""Starts a service with open sockets, as inetd and systemd do: parent.py KIND [NAME=VALUE...] -- COMMAND...

connection  0, 1 and 2 are a connection, as by inetd nowait; what the command writes there is printed
configured  the same, and somebody switched keepalive on before
listener    0 is a listener with one connection waiting, as by inetd wait; a second one is made later
activation  3 and 4 are listeners with LISTEN_FDS=2 and LISTEN_PID, the first as above

NAME=VALUE replaces a variable that would be set. The exit status is the command's.
"""
import os
import socket
import sys
import time

kind = sys.argv[1]
split = sys.argv.index("--")
settings = dict(word.split("=", 1) for word in sys.argv[2:split])
command = sys.argv[split + 1:]


def listening():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def waits_in_queue(port):
    """Whether a connection waits to be accepted: the receive queue of a listener (proc_net_tcp(5))."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" and not row[4].endswith(":00000000")
               for row in rows)


def connect_later(address):
    """Makes a second connection, from another process, once the first was accepted."""
    if os.fork() == 0:
        listener.close()
        other.close()
        while waits_in_queue(address[1]):
            time.sleep(0.01)
        try:
            with socket.create_connection(address, timeout=10) as connection:
                connection.recv(1)
        except OSError:
            pass
        os._exit(0)


listener, other = listening(), listening()
waiting = socket.create_connection(listener.getsockname())
pid = os.fork()
if pid == 0:
    if kind in ("connection", "configured"):
        connection, _ = listener.accept()
        if kind == "configured":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 500)
        for fd in range(3):
            os.dup2(connection.fileno(), fd)
    elif kind == "listener":
        os.dup2(listener.fileno(), 0)
    else:
        first, second = os.dup(listener.fileno()), os.dup(other.fileno())
        os.dup2(first, 3)
        os.dup2(second, 4)
        os.environ.update({"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid())})
    os.environ.update(settings)
    os.execvp(command[0], command)

if kind not in ("connection", "configured"):
    connect_later(listener.getsockname())
listener.close()
other.close()
if kind in ("connection", "configured"):
    while data := waiting.recv(65536):
        sys.stdout.write(data.decode())
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
