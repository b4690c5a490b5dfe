"""Descriptor numbers that are reused for another socket without the shim's knowledge.

For each kind of socket that had the number and each kind that gets it by SCM_RIGHTS and dup2(), uses the new socket as a
program would. Prints its SO_KEEPALIVE, then that of a socket accepted from it, or its TCP_KEEPIDLE, which the program
itself has set to 99:
fresh -> udp: 0
"""
import ctypes
import os
import platform
import socket

SYS_SOCKET = {"x86_64": 41, "i686": 359, "armv7l": 281}.get(platform.machine(), 198)
LOOPBACK = ("127.0.0.1", 0)
libc = ctypes.CDLL(None, use_errno=True)
ours, theirs = socket.socketpair()


def unseen(family, kind):
    """A socket that was made without the shim's knowledge."""
    return socket.socket(fileno=libc.syscall(SYS_SOCKET, family, kind, 0))


def listening(sock):
    if sock.family == socket.AF_INET:
        sock.bind(LOOPBACK)
    else:
        sock.bind("")
    sock.listen()
    return sock


def connected(server):
    client = socket.socket(server.family)
    client.connect(server.getsockname())
    return client


def keepalive(sock):
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


BEFORE = {
    "nothing": lambda: None,
    "fresh": lambda: socket.socket(),
    "listener": lambda: listening(socket.socket()),
    "client": lambda: connected(tcp_server),
    "server": lambda: tcp_queue.accept()[0],
    "udp": lambda: socket.socket(type=socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "unix-server": lambda: unix_queue.accept()[0],
}

NOW = {
    "tcp": lambda: unseen(socket.AF_INET, socket.SOCK_STREAM),
    "tcp-set": lambda: unseen(socket.AF_INET, socket.SOCK_STREAM),
    "tcp-to-listen": lambda: unseen(socket.AF_INET, socket.SOCK_STREAM),
    "udp": lambda: unseen(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: unseen(socket.AF_UNIX, socket.SOCK_STREAM),
    "unix-dgram": lambda: unseen(socket.AF_UNIX, socket.SOCK_DGRAM),
    "unix-pair": lambda: socket.socketpair()[0],
    "tcp-listener": lambda: listening_unseen(socket.AF_INET),
    "unix-listener": lambda: listening_unseen(socket.AF_UNIX),
}


def listening_unseen(family):
    """A listener that was made without the shim's knowledge, so it has the kernel's defaults."""
    sock = unseen(family, socket.SOCK_STREAM)
    sock.bind(LOOPBACK if family == socket.AF_INET else "")
    listen = {"x86_64": 50, "i686": 363, "armv7l": 284}.get(platform.machine(), 201)
    assert libc.syscall(listen, sock.fileno(), 8) == 0
    return sock


def use(sock, kind):
    """Prints the socket's options after the program has used it."""
    shown = []
    if kind == "tcp-to-listen":
        listening(sock)
    elif kind == "tcp-set":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 99)
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        clients = [connected(sock) for _ in range(2)]
        accepted = [sock.accept()[0] for _ in clients]
        shown = [keepalive(accepted[-1])]
    elif sock.family == socket.AF_INET:
        target = udp_server if kind == "udp" else tcp_server
        sock.connect(target.getsockname())
        try:
            sock.connect(target.getsockname())
        except OSError:
            pass # EISCONN
        if kind == "tcp-set":
            shown = [sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)]
    elif kind == "unix-pair":
        # The program's own setting, which mode=force would undo on a TCP socket.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    elif kind == "unix":
        sock.connect(unix_server.getsockname())
    else:
        sock.connect(unix_dgram_server.getsockname())
    return [keepalive(sock)] + shown


tcp_server, unix_server = listening(socket.socket()), listening(socket.socket(socket.AF_UNIX))
tcp_queue, unix_queue = listening(socket.socket()), listening(socket.socket(socket.AF_UNIX))
udp_server = socket.socket(type=socket.SOCK_DGRAM)
udp_server.bind(LOOPBACK)
unix_dgram_server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
unix_dgram_server.bind("")

for before, make_before in BEFORE.items():
    for now, make_now in NOW.items():
        waiting = connected(tcp_queue), connected(unix_queue)
        old, new = make_before(), make_now()
        socket.send_fds(theirs, [b"x"], [new.fileno()])
        new.close()
        fd = socket.recv_fds(ours, 1, 1)[1][0]
        if old:
            number = old.detach()
            os.dup2(fd, number)
            os.close(fd)
            fd = number
        print(f"{before} -> {now}:", *use(socket.socket(fileno=fd), now))
