"""Random calls on random sockets, compared with a model of the design: chaos.py SEED CALLS

Prints what each call returned, so that a run with the shim can be compared with one without. With the
shim in the process every socket is looked at after each call, and what it has is compared with what
keepalive-shim(7) says; ends with "N looks". Sockets that the manual's LIMITS speak of (duplicates, those
received from another process, connections that waited while their listener changed) are only looked at
for what holds of all: nothing that is not TCP has keepalive.
"""
import ctypes
import errno
import ipaddress
import os
import random
import select
import signal
import socket
import sys

OPTIONS = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE), (6, socket.TCP_KEEPIDLE), (6, socket.TCP_KEEPINTVL),
           (6, socket.TCP_KEEPCNT), (6, socket.TCP_USER_TIMEOUT)]
NAMES = ["keepalive", "idle", "interval", "count", "user-timeout"]
KERNEL = [0, 7200, 75, 9, 0]
CARRY = 200  # from here on, the descriptors that this program needs itself
CLIENT, SERVER = 1, 2
ROLES = {"client": CLIENT, "server": SERVER, "both": CLIENT | SERVER}


class Profile:
    def __init__(self, values, force):
        values = list(values)
        if values[4] == "auto":
            values[4] = 1000 * (values[1] + values[2] * values[3])
        self.values, self.force = values, force


class Settings:
    """The settings (KEEPALIVE_SHIM_*) that the test uses."""

    def __init__(self, environment):
        def variable(name, default):
            return environment.get("KEEPALIVE_SHIM_" + name, default)

        self.roles = ROLES[variable("ROLE", "both")]
        values = [1] + [self.value(name, variable(name.upper().replace("-", "_"), default))
                        for name, default in zip(NAMES[1:], ["60", "10", "6", "off"])]
        force = variable("MODE", "respect") == "force"
        self.none, self.base = Profile([0] * 5, False), Profile(values, force)
        self.rules = [self.rule(text.split(), list(values), force)
                      for text in variable("RULES", "").split(";") if text.strip()]
        self.all_force = force and self.roles == ROLES["both"] and all(rule[-1].force for rule in self.rules)

    @staticmethod
    def value(name, text):
        if text in ("kernel", "off", "auto"):
            return text if text == "auto" else 0
        return int(text.rstrip("s")) * (1000 if name == "user-timeout" else 1)

    def rule(self, words, values, force):
        roles, peer, ports = CLIENT | SERVER, None, None
        for name, _, text in (word.partition("=") for word in words):
            if name == "off":
                values = [0] * 5
            elif name == "role":
                roles = ROLES[text]
            elif name == "peer":
                peer = ipaddress.ip_network(text)
            elif name == "port":
                ports = range(int(text.split("-")[0]), int(text.split("-")[1]) + 1)
            elif name == "mode":
                force = text == "force"
            else:
                values[NAMES.index(name)] = self.value(name, text)
        return roles, peer, ports, Profile(values, force)

    def match(self, role, peer, port):
        if not self.roles & role:
            return self.none
        for roles, network, ports, profile in self.rules:
            if roles & role and (ports is None or port in ports) and (
                    network is None or (peer is not None and peer in network)):
                return profile
        return self.base


class Socket:
    """The options that a socket should have. sure: none of the manual's LIMITS applies to it."""

    def __init__(self, tcp, profile, values=KERNEL, own=()):
        self.tcp, self.profile, self.values, self.own = tcp, profile, list(values), set(own)
        self.sure, self.state, self.peer, self.port, self.queue = True, "fresh", None, 0, []
        self.keepalive = 0  # what the program set, if the socket is not TCP

    def move(self, profile):
        for i, (old, new) in enumerate(zip(self.profile.values, profile.values)):
            if i in self.own and (not profile.force or (i and not new)):
                continue
            if i in self.own or old != new:
                self.values[i] = new or KERNEL[i]
                self.own.discard(i)
        self.profile = profile

    def set(self, i, value):
        if self.profile.force and (self.profile.values[i] or i == 0) and (self.state != "fresh" or settings.all_force):
            return
        self.own.add(i)
        self.values[i] = value


libc = ctypes.CDLL(None, use_errno=True)
pick = random.Random(int(sys.argv[1]))
settings = Settings(os.environ) if os.environ.get("LD_PRELOAD") else None
sockets, targets, looks = {}, [], 0


def call(name, *arguments):
    ctypes.set_errno(4242)
    result = getattr(libc, name)(*arguments)
    error = ctypes.get_errno()
    print(name, result, error)
    return result, error


def peer_of(address):
    found = ipaddress.ip_address(address[0])
    return getattr(found, "ipv4_mapped", None) or found


def borrow(fd, function):
    """function(a socket object for this descriptor), or None if the kernel refuses that."""
    try:
        view = socket.socket(fileno=os.dup(fd))
    except OSError:
        return None
    with view:
        try:
            return function(view)
        except OSError:
            return None


def packed(address):
    """A struct sockaddr for connect(2), and its length."""
    family = socket.AF_INET if "." in address[0] and ":" not in address[0] else socket.AF_INET6
    port = address[1].to_bytes(2, "big")
    raw = socket.inet_pton(family, address[0])
    if family == socket.AF_INET:
        data = family.to_bytes(2, sys.byteorder) + port + raw + bytes(8)
    else:
        data = family.to_bytes(2, sys.byteorder) + port + bytes(4) + raw + bytes(4)
    return ctypes.create_string_buffer(data, len(data)), len(data)


def forget(sock):
    if sock:
        sock.sure = False


def any_fd(wanted=lambda view: True):
    """A descriptor for which wanted() is true, if there is one; sometimes another one, or none."""
    odd = pick.random()
    if odd < 0.03:
        return -1
    fitting = [fd for fd in sockets if odd < 0.1 or borrow(fd, wanted)]
    return pick.choice(fitting or list(sockets) or [-1])


def is_listening(view):
    return view.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def is_connected(view):
    return view.getsockopt(6, socket.TCP_INFO, 1)[0] == 1  # TCP_ESTABLISHED


def make():
    domain = pick.choice([socket.AF_INET] * 3 + [socket.AF_INET6] * 2 + [socket.AF_UNIX, 999])
    kind = pick.choice([socket.SOCK_STREAM] * 6 + [socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW])
    flags = pick.choice([0, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC])
    protocol = pick.choice([0, 0, 0, socket.IPPROTO_TCP, socket.IPPROTO_UDP])
    fd, _ = call("socket", domain, kind | flags, protocol)
    if fd >= 0:
        os.set_blocking(fd, False)
        tcp = domain in (socket.AF_INET, socket.AF_INET6) and kind == socket.SOCK_STREAM
        sockets[fd] = Socket(tcp, settings.none if settings else None)
        if tcp and settings:
            sockets[fd].move(settings.match(CLIENT, None, 0))


def listen():
    fd = any_fd(lambda view: view.type == socket.SOCK_STREAM and view.getsockname() in
                ("", ("0.0.0.0", 0), ("::", 0, 0, 0)))
    sock = sockets.get(fd)
    if pick.random() < 0.8:
        borrow(fd, lambda view: view.bind({
            socket.AF_INET: (pick.choice(["127.0.0.1", "127.0.0.2", "0.0.0.0"]), 0),
            socket.AF_INET6: (pick.choice(["::1", "::"]), 0)}.get(view.family, "")))
    result, _ = call("listen", fd, 64)
    if not sock or not sock.tcp or (result == 0 and sock.state == "listener"):
        return
    if result != 0 or sock.state != "fresh":
        forget(sock)
    if result != 0:
        return
    address = borrow(fd, lambda view: view.getsockname())
    sock.state, sock.port = "listener", address[1]
    targets.append((address[0], sock.port))
    if settings and sock.sure:
        sock.move(settings.match(SERVER, None, sock.port))


def connect():
    if not targets:
        return
    host, port = pick.choice(targets[-6:])
    if host in ("0.0.0.0", "::"):
        host = pick.choice(["127.0.0.1", "127.0.0.2", "127.0.0.3"] if host != "::" else ["::1", "::ffff:127.0.0.2"])
    fd = any_fd(lambda view: view.type == socket.SOCK_STREAM and (view.family == socket.AF_INET6) == (":" in host) and
                not is_listening(view) and (not is_connected(view) or pick.random() < 0.1))
    address, length = packed((host, port))
    odd = pick.random()
    if odd < 0.1:
        address[0:2] = bytes(2)  # AF_UNSPEC: dissolves the connection
    elif odd < 0.15:
        length = pick.choice([0, 1, 2, 7])
    result, error = call("connect", fd, address, length)
    sock = sockets.get(fd)
    if not sock or not sock.tcp or (result != 0 and error not in (errno.EINPROGRESS, errno.EINTR)):
        return
    if odd < 0.1:
        if sock.state == "listener":
            forget(sock)
        sock.state = "fresh"
    elif sock.state == "fresh":
        sock.state = "connected"
        if settings and sock.sure:
            sock.move(settings.match(CLIENT, peer_of((host, port)), port))
        for listener in {s for s in sockets.values() if s.state == "listener" and s.port == port}:
            listener.queue.append(list(listener.values))
    else:
        forget(sock)


def accept():
    fd = any_fd(lambda view: is_listening(view) and select.select([view], [], [], 0)[0])
    name = pick.choice(["accept", "accept4"])
    room, length = ctypes.create_string_buffer(128), ctypes.c_int(pick.choice([128, 28, 16, 8]))
    arguments = [None, None] if pick.random() < 0.3 else [room, ctypes.byref(length)]
    accepted, _ = call(name, fd, *arguments, *[socket.SOCK_CLOEXEC] * (name == "accept4"))
    if accepted < 0:
        return
    print(length.value, room.raw[:1].hex())
    os.set_blocking(accepted, False)
    listener = sockets.get(fd)
    sock = Socket(listener.tcp, listener.profile, listener.values, listener.own)
    sock.state, sock.keepalive = "connected", 0
    waited = listener.queue.pop(0) if listener.queue else None
    peer = borrow(accepted, lambda view: view.getpeername())
    if not listener.sure or waited != listener.values or not peer:
        forget(sock)
    sockets[accepted] = sock
    if settings and sock.tcp and sock.sure and any(rule[0] & SERVER and rule[1] for rule in settings.rules):
        profile = settings.match(SERVER, peer_of(peer), listener.port)
        if profile is not sock.profile:
            sock.move(profile)


def setsockopt():
    fd, i = any_fd(), pick.randrange(5)
    value = pick.choice([0, 1] if i == 0 else [1, 99, 120, 99999, -1] if i < 4 else [20000000, 0])
    result, _ = call("setsockopt", fd, *OPTIONS[i], ctypes.byref(ctypes.c_int(value)), 4)
    sock = sockets.get(fd)
    if sock and result == 0:
        if i == 0:
            sock.keepalive = value
        if settings and sock.sure and sock.tcp:
            sock.set(i, value)


def close():
    fd = any_fd()
    call("close", fd)
    sockets.pop(fd, None)


def duplicate():
    fd = any_fd()
    copy, _ = call("dup", fd)
    if copy >= 0:
        forget(sockets[fd])
        sockets[copy] = sockets[fd]


def hand_over():
    """Sends a socket by SCM_RIGHTS, closes it, and receives it again: the shim does not see where it comes from."""
    fd = any_fd()
    if fd < 0:
        return
    socket.send_fds(ours, [b"x"], [fd])
    os.close(fd)
    sock = sockets.pop(fd)
    forget(sock)
    received = socket.recv_fds(theirs, 1, 1)[1][0]
    os.set_inheritable(received, True)
    print("received", received)
    sockets[received] = sock


def look():
    """Compares the options of every socket with what it should have."""
    global looks
    for fd, sock in sockets.items():
        found = []
        for level, name in OPTIONS[:5 if sock.tcp else 1]:
            value, length = ctypes.c_int(-1), ctypes.c_int(4)
            libc.getsockopt(fd, level, name, ctypes.byref(value), ctypes.byref(length))
            found.append(value.value)
        expected = sock.values if sock.tcp else [sock.keepalive]
        if sock.tcp and not sock.sure:
            continue
        looks += 1
        if found != expected:
            sys.exit(f"fd {fd}, {sock.state}: {found} and not {expected}; the program's own: {sock.own}")


def apart(end):
    """Moves a descriptor of our own to a number far above those of the sockets."""
    fd = os.dup2(end.fileno(), CARRY + len(moved))
    end.close()
    moved.append(fd)
    return socket.socket(fileno=fd)


signal.alarm(60)  # no call should block
moved = []
ours, theirs = map(apart, socket.socketpair())
CALLS = [make] * 6 + [listen] * 3 + [connect] * 6 + [accept] * 6 + [setsockopt] * 4 + [close] * 2 + [duplicate, hand_over]
for number in range(int(sys.argv[2])):
    (close if len(sockets) > 40 else pick.choice(CALLS))()
    if settings:
        look()
print(looks, "looks", file=sys.stderr)
