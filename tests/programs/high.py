"""Sockets with high descriptor numbers, and two whose numbers are so far apart that they share a place in
the shim's table: high.py APART

Prints TCP_KEEPIDLE, or - if keepalive is off; exit status 77 if RLIMIT_NOFILE is too low.
"""
import errno
import os
import socket
import sys

APART = int(sys.argv[1])
IDLE = socket.IPPROTO_TCP, socket.TCP_KEEPIDLE


def idle(sock):
    return sock.getsockopt(*IDLE) if sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) else "-"


def listener():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def accepted(server):
    with socket.create_connection(server.getsockname()):
        return server.accept()[0]


def fill_up_to(number):
    """Takes all numbers below, so that the next socket gets this one."""
    try:
        while (fd := os.dup(0)) < number:
            pass
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        sys.exit(77)
    os.close(fd)
    assert fd == number, fd


low = listener()
other = listener()
print("low:", idle(low), idle(accepted(low)))
fill_up_to(APART + low.fileno())
with socket.socket(type=socket.SOCK_DGRAM) as udp:
    assert udp.fileno() == APART + low.fileno()
    print("UDP, that far above:", udp.getsockopt(1, socket.SO_KEEPALIVE))
    print("low again:", idle(low), idle(accepted(low)))
with listener() as high:
    assert high.fileno() == APART + low.fileno()
    print("high:", idle(high), idle(accepted(high)))
    print("low again:", idle(low), idle(accepted(low)))
    print("high again:", idle(high), idle(accepted(high)))
fill_up_to(APART + other.fileno())
with socket.socket() as client:
    client.connect(low.getsockname())
    print("high client:", idle(client))
    client.setsockopt(*IDLE, 99)
    print("its own value:", idle(client))
    print("other:", idle(other), idle(accepted(other)))
