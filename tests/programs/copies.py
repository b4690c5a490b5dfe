"""Sockets that the program continues to use under another number, and sockets with several connections one after the
other. Prints TCP_KEEPIDLE, or - if keepalive is off: copies.py
"""
import ctypes
import errno
import os
import select
import socket
import struct

IDLE = socket.IPPROTO_TCP, socket.TCP_KEEPIDLE
libc = ctypes.CDLL(None, use_errno=True)


def show(what, *sockets):
    print(what, *(s.getsockopt(*IDLE) if s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                  else "-" for s in sockets), flush=True)


def listener(address="127.0.0.1"):
    server = socket.socket()
    server.bind((address, 0))
    server.listen()
    return server


def dissolve(sock):
    """connect() with AF_UNSPEC: connect(2)."""
    assert libc.connect(sock.fileno(), struct.pack("=H14x", socket.AF_UNSPEC), 16) == 0


def accepted(server):
    client = socket.create_connection(server.getsockname())
    connection, _ = server.accept()
    client.close()
    return connection


server = listener()
show("listener, accepted:", server, accepted(server))
copy = server.dup()
show("dup of the listener, accepted:", copy, accepted(copy))
number = socket.socket(type=socket.SOCK_DGRAM).detach()
os.dup2(server.fileno(), number)
over = socket.socket(fileno=number)
show("dup2 of the listener over a UDP socket, accepted:", over, accepted(over))

client = socket.socket().dup()
client.connect(server.getsockname())
show("dup of a new socket, connected:", client)

with socket.socket() as nobody:
    nobody.bind(("127.0.0.2", 0))
    closed = nobody.getsockname()
retried = socket.socket()
retried.setblocking(False)
show("connect() refused, then to another:", retried)
assert retried.connect_ex(closed) == errno.EINPROGRESS
select.select([], [retried], [])
assert retried.connect_ex(closed) == errno.ECONNREFUSED
show("refused:", retried)
retried.setblocking(True)
retried.connect(server.getsockname())
show("connected:", retried)
dissolve(retried)
retried.connect(server.getsockname())
show("dissolved, connected again:", retried)

turned = listener()
dissolve(turned)
turned.connect(server.getsockname())
show("listener turned client:", turned)

shared = socket.socket()
shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
shared.bind(("127.0.0.1", 0))
again = socket.socket()
again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
again.bind(shared.getsockname())
for each in shared, again, shared:
    each.listen()
show("two listeners on one port, one of them twice:", shared, again)

child = os.fork()
if child == 0:
    show("accepted in a child:", accepted(server))
    os._exit(0)
os.waitpid(child, 0)
