"""A program that does not set keepalive, to be examined from outside.

talk.py server ADDRESS              accepts for ever and echoes
talk.py client ADDRESS PORT COUNT   connects; on SIGUSR1 once more, on SIGUSR2 closes the last one
talk.py later ADDRESS PORT          on SIGUSR1 connects one of its sockets, on SIGUSR2 the other listens
talk.py chatter ADDRESS PORT FILE   sends and receives without pause, counts in FILE
talk.py pairs COUNT                 both ends of COUNT connections, one of each two with SO_KEEPALIVE
With MPTCP=1 in the environment its sockets are MPTCP.
"""
import os
import resource
import selectors
import signal
import socket
import sys

PROTOCOL = 262 if os.environ.get("MPTCP") else 0


def new(address):
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                         socket.SOCK_STREAM, PROTOCOL)


def listener(address):
    sock = new(address)
    sock.bind((address, 0))
    sock.listen(1024)
    return sock


def connected(address, port):
    sock = new(address)
    sock.connect((address, port))
    return sock


def server(address):
    selector = selectors.DefaultSelector()
    listening = listener(address)
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listening:
                selector.register(listening.accept()[0], selectors.EVENT_READ)
                continue
            data = key.fileobj.recv(4096)
            if data:
                key.fileobj.sendall(data)
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()


def client(address, port, count):
    wanted = {signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    socks = [connected(address, int(port)) for _ in range(int(count))]
    while True:
        if signal.sigwait(wanted) == signal.SIGUSR1:
            socks.append(connected(address, int(port)))
        else:
            socks.pop().close()


def later(address, port):
    wanted = {signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    connecting, listening = new(address), new(address)
    listening.bind((address, 0))
    while True:
        if signal.sigwait(wanted) == signal.SIGUSR1:
            connecting.connect((address, int(port)))
        else:
            listening.listen()


def chatter(address, port, path):
    sock = connected(address, int(port))
    with open(path, "w") as out:
        count = 0
        while True:
            sock.sendall(b"x")
            if sock.recv(1) != b"x":
                sys.exit("the echo is gone")
            count += 1
            out.seek(0)
            out.write(f"{count}\n")
            out.flush()


def pairs(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listening = listener("127.0.0.1")
    socks = []
    for i in range(int(count)):
        sock = connected(*listening.getsockname())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, i % 2)
        socks += [sock, listening.accept()[0]]
    signal.pause()


MODES = {mode.__name__: mode for mode in (server, client, later, chatter, pairs)}
MODES[sys.argv[1]](*sys.argv[2:])
