"""The services of systemd.sh: units.py NAME [PORT...]; they write the options of their sockets to /run/report."""
import os
import signal
import socket
import sys

name, *ports = sys.argv[1:]


def tell(what):
    with open("/run/report", "a", encoding="ascii") as report:
        report.write(f"{name}: {what}\n")


def values(sock):
    return " ".join(str(sock.getsockopt(*option)) for option in
                    ((socket.SOL_SOCKET, socket.SO_KEEPALIVE), (6, 4), (6, 5), (6, 6)))


if name in ("plain", "grouped"):
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    tell(f"listener {values(listener)}")
    tell(f"client {values(client)}")
    tell(f"accepted {values(listener.accept()[0])}")
elif name == "activated":
    listener = socket.socket(fileno=3)
    accepted, _ = listener.accept()  # waited since before this process was there
    tell(f"listener {values(listener)}")
    tell(f"accepted {values(accepted)}")
elif name == "each":
    tell(f"connection {values(socket.socket(fileno=0))}")
elif name == "caller":
    for port in ports:
        with socket.create_connection(("127.0.0.1", int(port))) as connection:
            while connection.recv(100):
                pass
elif name == "confined":
    output = os.fstat(1)
    journal = os.environ.get("JOURNAL_STREAM") == f"{output.st_dev}:{output.st_ino}"
    tell(f"runs, its output {'is' if journal else 'is not'} the journal")
elif name == "sockets":  # nothing that a filter could refuse but what the library calls
    listener, client = socket.socket(), socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client.connect(listener.getsockname())
    accepted = listener.accept()[0]
    name = ports[0]
    tell(f"{values(listener)}, {values(client)}, {values(accepted)}")
elif name == "nothing":
    name = ports[0]
    tell("runs")
elif name == "late":
    kept = socket.create_server(("127.0.0.1", 0))
    signal.pause()
elif name == "asking":
    socket.socketpair()[0].getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    tell("was not killed for it")
