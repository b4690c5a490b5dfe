"""A program with a TCP_USER_TIMEOUT of its own lives through a short outage at the worst moment: own_timeout.py

The timeout is set before connect(), after it, or on the listener. The path is down around the moment when a probe would leave:
the other end's socket drops what comes in (SO_ATTACH_FILTER). Afterwards data is sent. Prints the result for each.
"""
import ctypes
import socket
import struct
import threading
import time

TIMEOUT = 2000 # milliseconds
DOWN, UP, ASK = 2.6, 3.6, 6 # seconds after the connection
DROP_ALL = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0))
FILTER = struct.pack("@HxxxxxxP" if ctypes.sizeof(ctypes.c_void_p) == 8 else "@HxxP", 1, ctypes.addressof(DROP_ALL))
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27


def limit(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TIMEOUT)


def connected(when):
    """The end that is watched, and the other."""
    server, client = socket.socket(), socket.socket()
    if when == "listener":
        limit(server)
    server.bind(("127.0.0.1", 0))
    server.listen()
    if when == "before":
        limit(client)
    client.connect(server.getsockname())
    accepted = server.accept()[0]
    if when == "after":
        limit(client)
    return (accepted, client) if when == "listener" else (client, accepted)


def live(when, results):
    watched, other = connected(when)
    start = time.monotonic()
    time.sleep(DOWN)
    other.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, FILTER)
    time.sleep(start + UP - time.monotonic())
    other.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
    time.sleep(start + ASK - time.monotonic())
    try:
        watched.sendall(b"?")
        other.settimeout(2)
        results[when] = "lives" if other.recv(1) == b"?" else "ended"
    except OSError as error:
        results[when] = error.strerror


results = {}
threads = [threading.Thread(target=live, args=(when, results)) for when in ("before", "after", "listener")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for when, result in sorted(results.items()):
    print(when, result)
