"""Standard error is closed, and its number is reused for a pipe or socket with data, as in a daemon:
reused_stderr.py pipe|unix|udp [gone]

Makes sockets, then prints what arrived at the other end. With gone the other end is closed: writing to it causes
SIGPIPE, which ends the program.
"""
import os
import signal
import socket
import sys

signal.signal(signal.SIGPIPE, signal.SIG_DFL)
if sys.argv[1] == "pipe":
    reader, writer = os.pipe()
elif sys.argv[1] == "unix":
    reader, writer = (end.detach() for end in socket.socketpair())
else:
    receiver = socket.socket(type=socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    sender = socket.socket(type=socket.SOCK_DGRAM)
    sender.connect(receiver.getsockname())
    reader, writer = receiver.detach(), sender.detach()
os.set_blocking(reader, False)
os.dup2(writer, 2)
os.close(writer)
if sys.argv[2:] == ["gone"]:
    os.close(reader)
    reader = None

server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
server.accept()
assert client.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
try:
    print("read:", os.read(reader, 4096) if reader is not None else "nobody")
except BlockingIOError:
    print("read: nothing")
