"""What `keepalive cgroup` does to the sockets of a group: cases.py KEEPALIVE [SECTION...]

Each case attaches to a group of its own, lets a child in it do things, and compares what it has then.
Prints a line for each, "ok NAME" or "not ok NAME"; runs here and in the emulated machines alike.
"""
import contextlib
import errno
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading

KEEPALIVE = os.path.abspath(sys.argv[1])
IDLE, INTERVAL, COUNT, USER_TIMEOUT, RTO_MAX = (socket.IPPROTO_TCP, 4), (socket.IPPROTO_TCP, 5), (socket.IPPROTO_TCP, 6), \
    (socket.IPPROTO_TCP, 18), (socket.IPPROTO_TCP, 44)
ON = (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
MPTCP = 262
DEFAULTS, UNTOUCHED = "1 60 10 6", "0 7200 75 9"
RECENT = tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups()))

sections = {}


def section(name):
    sections[name] = []


def case(name, *wanted):
    """Adds a case to the section above it. The function takes a Group and must return these strings."""
    def keep(function):
        list(sections.values())[-1].append((name, function, list(wanted)))
        return function
    return keep


def mount():
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            if " - cgroup2 " in line:
                return line.split()[4]
    sys.exit("cgroup2 is not mounted")


class Group:
    """A control group, below another one or the root, until remove() is called."""

    def __init__(self, above=None, name=None):
        self.path = os.path.join(above.path if above else mount(), name or f"keepalive-test-{os.getpid()}")
        os.mkdir(self.path)

    def attach(self, *settings, **environment):
        return subprocess.run([KEEPALIVE, "cgroup", "attach", *settings, self.path], env={**os.environ, **environment},
                              check=True, stderr=subprocess.PIPE, text=True).stderr

    def detach(self):
        return subprocess.run([KEEPALIVE, "cgroup", "detach", self.path], stderr=subprocess.PIPE).returncode

    def inside(self, function, *arguments):
        """What the function returns, called by a child in the group: a list of strings."""
        return self.start(function, *arguments)()

    def start(self, function, *arguments):
        """Starts the function likewise; calling the result of this waits for what the function returns."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            with open(os.path.join(self.path, "cgroup.procs"), "w") as procs:
                procs.write(str(os.getpid()))
            signal.alarm(30)
            try:
                answer = function(*arguments)
            except OSError as error:
                answer = [f"{function.__name__}: {error}"]
            os.write(write, "\n".join(answer).encode())
            os._exit(0)
        os.close(write)

        def finish():
            with open(read) as answer:
                text = answer.read()
            os.waitpid(child, 0)
            return text.split("\n")
        return finish

    def remove(self):
        self.detach()
        os.rmdir(self.path)


def get(sock, option):
    try:
        return str(sock.getsockopt(*option))
    except OSError:
        return "-"


def values(sock, *more):
    return " ".join(get(sock, option) for option in (ON, IDLE, INTERVAL, COUNT, *more))


def listening(address="127.0.0.1", port=0, set=(), protocol=0):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for option, value in set:
        sock.setsockopt(*option, value)
    sock.bind((address, port))
    sock.listen(16)
    return sock


def new(address="127.0.0.1", set=(), protocol=0):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, protocol)
    for option, value in set:
        sock.setsockopt(*option, value)
    return sock


def pair(address="127.0.0.1", to=None, port=0, listener_set=(), client_set=(), protocol=0):
    listener = listening(address, port, listener_set, protocol)
    client = new(to or address, client_set, protocol)
    client.connect((to or address, listener.getsockname()[1]))
    return listener, client, listener.accept()[0]


def talk(*more, **how):
    """The values of a listener, a client and what was accepted."""
    return [values(sock, *more) for sock in pair(**how)]


def client(**how):
    return [values(pair(**how)[1])]


def server(**how):
    return [values(pair(**how)[2])]


section("plain")

@case("listener, client and accepted socket have the defaults", DEFAULTS, DEFAULTS, DEFAULTS)
def _(group):
    group.attach()
    return group.inside(talk)


@case("IPv6 likewise", DEFAULTS, DEFAULTS, DEFAULTS)
def _(group):
    group.attach()
    return group.inside(lambda: talk(address="::1"))


@case("IPv4 through an IPv6 socket likewise", DEFAULTS, DEFAULTS, DEFAULTS)
def _(group):
    group.attach()
    return group.inside(lambda: talk(address="::ffff:127.0.0.1"))


@case("a client that says nothing before connect() has its values before the SYN", "1 20 10 6")
def _(group):
    group.attach("--idle=20")

    def refused():
        sock, port = new(), listening()
        address = port.getsockname()
        port.close()
        sock.connect_ex(address)
        return [values(sock)]
    return group.inside(refused)


@case("MPTCP: both ends of the subflow have the keepalive timer", "02 02")
def _(group):
    group.attach()

    def subflow():
        try:
            ends = pair(protocol=MPTCP)
        except OSError:
            return ["02 02"]  # this kernel has none
        ports = [f":{end.getsockname()[1]:04X}" for end in ends[1:]]
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table if line.split()[3] == "01"]
        return [" ".join(row[5].split(":")[0] for port in ports for row in rows if row[1].endswith(port))]
    return group.inside(subflow)


@case("UDP and UNIX sockets, and TCP sockets of other groups, are not touched", "0", "0", UNTOUCHED)
def _(group):
    group.attach()

    def others():
        udp, a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socketpair()[0]
        udp.connect(("127.0.0.1", 9))
        return [get(udp, ON), get(a, ON)]
    return group.inside(others) + [values(pair()[1])]


@case("every value", "1 30 5 3 120000")
def _(group):
    group.attach("--idle=30", "--interval=5", "--count=3", "--user-timeout=2m")
    return group.inside(lambda: talk(USER_TIMEOUT)[1:2])


@case("the RTO's bound where the kernel has it", "5000 5000 5000")
def _(group):
    group.attach("--rto-max=5s")
    answer = group.inside(lambda: [" ".join(get(sock, RTO_MAX) for sock in pair())])
    return ["5000 5000 5000"] if RECENT < (6, 15) and answer == ["- - -"] else answer


@case("what is left to the kernel is as a new socket has it", "1 7200 10 9")
def _(group):
    group.attach("--idle=kernel", "--count=kernel")
    return group.inside(client)


@case("role=client leaves servers alone", UNTOUCHED, DEFAULTS, UNTOUCHED)
def _(group):
    group.attach("--role=client")
    return group.inside(talk)


@case("role=server leaves clients alone", DEFAULTS, UNTOUCHED, DEFAULTS)
def _(group):
    group.attach("--role=server")
    return group.inside(talk)


section("rules")

RULES = ("role=client peer=127.0.0.0/30 idle=11", "role=client peer=127.0.0.64/26 port=1-40000 idle=12",
         "peer=::1 idle=13", "role=server peer=127.0.0.9 idle=14", "peer=127.0.0.66 off")


def by_peers(*talks):
    return [values(sock) for how in talks for sock in pair(**how)[1:]]


@case("the first rule that matches the peer holds, for each role", "1 11 10 6", DEFAULTS, DEFAULTS, DEFAULTS,
      "1 13 10 6", "1 13 10 6", "1 11 10 6", DEFAULTS)
def _(group):
    group.attach(*("--rule=" + rule for rule in RULES))
    return group.inside(by_peers, {}, {"address": "127.0.0.200"}, {"address": "::1"}, {"address": "::ffff:127.0.0.1"})


@case("rules by port: the remote one of a client, the local one of a server", "1 15 10 6", "1 15 10 6", "1 16 10 6", "1 16 10 6",
      DEFAULTS, DEFAULTS)
def _(group):
    group.attach("--rule=port=7451 idle=15", "--rule=port=7452-7461 idle=16")
    return group.inside(by_peers, {"port": 7451}, {"port": 7460}, {"port": 7462})


@case("a server's rule by peer", "1 14 10 6", DEFAULTS)
def _(group):
    group.attach("--rule=role=server peer=127.0.0.9 idle=14")

    def two():
        listener, answer = listening("0.0.0.0"), []
        for source in "127.0.0.9", "127.0.0.8":
            sock = new()
            sock.bind((source, 0))
            sock.connect(("127.0.0.1", listener.getsockname()[1]))
            answer.append(values(listener.accept()[0]))
        return answer
    return group.inside(two)


@case("a rule that says off", UNTOUCHED, UNTOUCHED)
def _(group):
    group.attach("--rule=peer=127.0.0.0/8 off")
    return group.inside(talk)[1:]


@case("0.0.0.0, :: and mapped 0.0.0.0 are this machine", UNTOUCHED, UNTOUCHED, UNTOUCHED)
def _(group):
    group.attach("--rule=peer=127.0.0.0/8 off", "--rule=peer=::1 off")
    return group.inside(lambda: client(address="0.0.0.0") + client(address="::") + client(address="::", to="::ffff:0.0.0.0"))


@case("64 rules", "1 64 10 6", "1 1 10 6", DEFAULTS)
def _(group):
    group.attach(KEEPALIVE_SHIM_RULES=";".join(f"peer=127.0.1.{i} idle={i}" for i in range(1, 65)))
    return group.inside(lambda: [answer for host in (64, 1, 65) for answer in client(address="0.0.0.0", to=f"127.0.1.{host}")])


@case("a socket that connects to a second peer gets the second's values", "1 25 10 9", "1 30 10 9")
def _(group):
    group.attach("--rule=peer=127.0.0.1 idle=25", "--rule=peer=127.0.0.2 idle=30", "--count=kernel")

    def next_peer():
        listener, sock = listening("127.0.0.2"), new()
        sock.connect_ex(("127.0.0.1", listener.getsockname()[1]))
        first = values(sock)
        sock.connect(listener.getsockname())
        return [first, values(sock)]
    return group.inside(next_peer)


def disconnect(sock):
    """connect(2) with AF_UNSPEC: perl has it, and python3 only with ctypes, which python3-minimal lacks."""
    perl = 'open(SOCK, "+<&=", $ARGV[0]) && connect(SOCK, pack("S x14", 0)) || die $!'
    subprocess.run(["perl", "-e", perl, str(sock.fileno())], pass_fds=[sock.fileno()], check=True)


@case("a socket that is disconnected and connects to another peer gets that one's values", "1 20 10 6", UNTOUCHED)
def _(group):
    group.attach("--rule=peer=127.0.0.1 idle=20", "--rule=peer=127.0.0.2 off")

    def twice():
        listener, sock, answer = listening("0.0.0.0"), new(), []
        for peer in "127.0.0.1", "127.0.0.2":
            sock.connect((peer, listener.getsockname()[1]))
            answer.append(values(sock))
            disconnect(sock)
        return answer
    return group.inside(twice)


@case("a socket that has connected and listens then keeps the client's values", "1 20 10 6", "1 20 10 6")
def _(group):
    group.attach("--rule=role=client idle=20", "--rule=role=server idle=30")

    def listens():
        listener, sock, other = listening(), new(), new()
        sock.connect(listener.getsockname())
        disconnect(sock)
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        other.connect(sock.getsockname())
        return [values(sock), values(sock.accept()[0])]
    return group.inside(listens)


@case("TCP Fast Open, by sendto(2) and by TCP_FASTOPEN_CONNECT: values before the SYN", *[DEFAULTS] * 4)
def _(group):
    group.attach()

    def fast():
        answer = []
        for delayed in False, True:
            listener, sock = listening(set=[((socket.IPPROTO_TCP, 23), 5)]), new()  # TCP_FASTOPEN
            if delayed:
                sock.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT
                sock.connect(listener.getsockname())
                sock.send(b"x")
            else:
                sock.sendto(b"x", 0x20000000, listener.getsockname())  # MSG_FASTOPEN
            answer += [values(sock), values(listener.accept()[0])]
        return answer
    return group.inside(fast)


@case("prefixes of every length and mapped ones: ::1/128, ::ffff:127.0.0.0/104, 0.0.0.0/0, ::/0", "1 11 10 6", "1 12 10 6",
      "1 12 10 6", "1 13 10 6", "1 14 10 6")
def _(group):
    group.attach("--rule=peer=::1/128 idle=11", "--rule=peer=::ffff:127.0.0.0/104 idle=12", "--rule=peer=0.0.0.0/0 idle=13",
                 "--rule=peer=::/0 idle=14")

    def each():
        listener, answer = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True), []
        port = listener.getsockname()[1]
        for address in "::1", "127.0.0.9", "::ffff:127.0.0.9", "192.0.2.1", "2001:db8::1":
            sock = new(address)
            sock.settimeout(0)  # the last two have no route
            sock.connect_ex((address, port))
            answer.append(values(sock))
        return answer
    return group.inside(each)


@case("ports and ranges at the edges", "1 11 10 6", "1 12 10 6", "1 13 10 6", "1 14 10 6", "1 14 10 6")
def _(group):
    group.attach("--rule=port=1 idle=11", "--rule=port=65535 idle=12", "--rule=port=65533-65534 idle=13", "--rule=port=1-65535 idle=14")

    def each():
        answer = []
        for port in 1, 65535, 65534, 65532, 2:
            sock = new()
            sock.connect_ex(("127.0.0.1", port))
            answer.append(values(sock))
        return answer
    return group.inside(each)


section("who wins")

@case("respect: what the program has set before connect() stays, the rest is ours", "1 300 10 6", "1 300 7 3", DEFAULTS, "1 60 10 8")
def _(group):
    group.attach()
    theirs = [(IDLE, 300)], [(IDLE, 300), (INTERVAL, 7), (COUNT, 3), (ON, 1)], [(ON, 1)], [(ON, 1), (COUNT, 8)]
    return group.inside(lambda: [answer for set in theirs for answer in client(client_set=set)])


@contextlib.contextmanager
def sysctl(name, value):
    path = "/proc/sys/net/ipv4/" + name
    with open(path, "r+") as setting:
        before = setting.read()
        setting.seek(0)
        setting.write(value)
    try:
        yield
    finally:
        with open(path, "w") as setting:
            setting.write(before)


@case("respect: a sysctl that changes after attach is not mistaken for the program's own value", DEFAULTS, DEFAULTS, DEFAULTS,
      "1 300 10 6", DEFAULTS)
def _(group):
    group.attach()
    with sysctl("tcp_keepalive_time", "600"):
        return group.inside(lambda: talk() + client(client_set=[(IDLE, 300)]) + client(client_set=[(ON, 1)]))


@case("respect: likewise where listeners have no values, and what the program sets on one is for what it accepts", DEFAULTS, "1 300 10 6")
def _(group):
    group.attach("--rule=role=server peer=10.0.0.0/8 off")
    with sysctl("tcp_keepalive_time", "600"):
        return group.inside(lambda: server() + server(listener_set=[(IDLE, 300)]))


@case("respect: a new socket's values stay too, if the program has set them itself", "1 7200 10 6", "0 60 10 6", DEFAULTS)
def _(group):
    group.attach()

    def refused():
        listener, sock = listening(), new()
        with contextlib.suppress(OSError):
            sock.setsockopt(*IDLE, 0)
        sock.connect(listener.getsockname())
        return [values(sock)]
    return group.inside(lambda: client(client_set=[(IDLE, 7200)]) + client(client_set=[(ON, 1), (ON, 0)]) + refused())


@case("respect: what the program sets later stays", "1 15 15 9", "0 60 10 6")
def _(group):
    group.attach()

    def later():
        go, off = pair()[1], pair()[1]
        for option, value in (ON, 1), (IDLE, 15), (INTERVAL, 15), (COUNT, 9):
            go.setsockopt(*option, value)
        off.setsockopt(*ON, 0)
        return [values(go), values(off)]
    return group.inside(later)


@case("respect: what is accepted from a listener that the program has configured is as it wants", "1 300 10 6", "1 300 10 6")
def _(group):
    group.attach()
    return group.inside(lambda: talk(listener_set=[(ON, 1), (IDLE, 300)])[::2])


@case("respect: a short user timeout of the program's keeps keepalive away, a long one takes our count's place",
      "0 7200 75 9 20000", "1 60 10 6 600000")
def _(group):
    group.attach("--user-timeout=5m")
    return group.inside(lambda: [talk(USER_TIMEOUT, client_set=[(USER_TIMEOUT, value)])[1] for value in (20000, 600000)])


@case("force: ours hold before and after, for clients and servers", DEFAULTS, DEFAULTS, DEFAULTS)
def _(group):
    group.attach("--mode=force")

    def insist():
        ends = pair(client_set=[(ON, 1), (IDLE, 300)], listener_set=[(ON, 1), (IDLE, 300), (COUNT, 2)])
        for end in ends:
            for option, value in (ON, 0), (IDLE, 15), (INTERVAL, 15), (COUNT, 9):
                end.setsockopt(*option, value)
        return [values(end) for end in ends]
    return group.inside(insist)


@case("force: the program's calls return what the kernel says of their arguments", "EINVAL EINVAL EINVAL ok ok ok", DEFAULTS)
def _(group):
    group.attach("--mode=force")

    def ask():
        end, answer = pair()[1], []
        for option, value in (IDLE, b"\0\0\0\0"), (IDLE, struct.pack("i", 32768)), (ON, b"\1"), (COUNT, struct.pack("i", 127)), \
                (ON, bytes(8192)), ((socket.SOL_SOCKET, socket.SO_RCVBUF), struct.pack("i", 65536)):
            try:
                end.setsockopt(*option, value)
                answer.append("ok")
            except OSError as error:
                answer.append(errno.errorcode[error.errno])
        return [" ".join(answer), values(end)]
    return group.inside(ask)


@case("force: arguments longer than a page are the kernel's business, on a socket that has no values yet too", "ok ok ok")
def _(group):
    group.attach("--mode=force")

    def ask():
        sock, answer = new(), []
        for option in ON, IDLE, (socket.SOL_SOCKET, socket.SO_RCVBUF):
            try:
                sock.setsockopt(*option, struct.pack("i", 50) + bytes(8192))
                answer.append("ok")
            except OSError as error:
                answer.append(errno.errorcode[error.errno])
        return [" ".join(answer)]
    return group.inside(ask)


@case("force: what is left to the kernel is the program's", "1 300 10 6")
def _(group):
    group.attach("--mode=force", "--idle=kernel")

    def idle():
        end = pair()[1]
        end.setsockopt(*IDLE, 300)
        return [values(end)]
    return group.inside(idle)


@case("force: off holds it off; off mode=respect, and another role, leave it to the program", "0 7200 75 9", "1 7200 75 9",
      "1 7200 75 9")
def _(group):
    group.attach("--mode=force", "--role=client", "--rule=peer=127.0.0.1 off", "--rule=peer=127.0.0.2 off mode=respect")

    def switch():
        answer = []
        for end in pair()[1], pair("127.0.0.2")[1], pair()[2]:
            end.setsockopt(*ON, 1)
            answer.append(values(end))
        return answer
    return group.inside(switch)


section("groups")

@contextlib.contextmanager
def below(group):
    inner = Group(group, "inner")
    try:
        yield inner
    finally:
        inner.remove()


@case("the inner group's values hold", "1 20 10 6", "1 20 10 6", "1 20 10 6")
def _(group):
    group.attach("--idle=300")
    with below(group) as inner:
        inner.attach("--idle=20")
        return inner.inside(talk)


@case("the inner group's values hold before an outer rule, though they are the outer one's too", DEFAULTS, DEFAULTS, DEFAULTS)
def _(group):
    group.attach("--rule=peer=127.0.0.0/8 off")
    with below(group) as inner:
        inner.attach()
        return inner.inside(talk)


@case("what the program sets stays, and the rest is the inner group's", "1 99 10 6", DEFAULTS, "1 99 10 6")
def _(group):
    group.attach("--idle=300", "--interval=7", "--count=3")
    with below(group) as inner:
        inner.attach()
        return inner.inside(lambda: client(client_set=[(IDLE, 99)]) + client(client_set=[(ON, 1)]) + server(listener_set=[(IDLE, 99)]))


@case("off in the inner group keeps the outer one away", UNTOUCHED, UNTOUCHED, UNTOUCHED)
def _(group):
    group.attach()
    with below(group) as inner:
        inner.attach("--rule=off")
        return inner.inside(talk)


@case("what the inner group leaves to the kernel the outer one leaves too", "1 7200 10 6", "1 7200 10 6", "1 7200 10 6")
def _(group):
    group.attach("--idle=300")
    with below(group) as inner:
        inner.attach("--idle=kernel")
        return inner.inside(talk)


@case("an inner group's rules for peers hold, though the outer one would arm the listener", "1 14 10 6")
def _(group):
    group.attach()
    with below(group) as inner:
        inner.attach("--rule=role=server peer=127.0.0.0/8 idle=14")
        return inner.inside(server)


@case("the outer group serves the role that the inner one leaves alone", "1 300 10 6", "1 20 10 6")
def _(group):
    group.attach("--idle=300")
    with below(group) as inner:
        inner.attach("--idle=20", "--role=client")
        ends = inner.inside(talk)
        return [ends[2], ends[1]]


@case("force in the outer group holds against respect in the inner one, not against its force or off", "1 30 10 6", "1 20 10 6",
      UNTOUCHED)
def _(group):
    group.attach("--mode=force", "--idle=30")
    answer = []
    with below(group) as inner:
        for settings in ["--idle=20"], ["--idle=20", "--mode=force"], ["--rule=off", "--mode=force"]:
            inner.attach(*settings)
            answer += inner.inside(client)
    return answer


@case("attached again: the new settings hold for what comes", "1 20 10 6", "0 30 10 6")
def _(group):
    group.attach("--mode=force")
    group.attach("--idle=20")
    first = group.inside(client)
    group.attach("--idle=30")

    def free():
        end = pair()[1]
        end.setsockopt(*ON, 0)
        return [values(end)]
    return first + group.inside(free)


@case("detached: sockets keep what they have, new ones get nothing", "1 60 10 6", UNTOUCHED)
def _(group):
    group.attach()
    read, write = os.pipe()

    def both():
        ends = pair()
        os.read(read, 1)
        return [values(ends[1]), values(pair()[1])]
    finish = group.start(both)
    wait_for(group, 2)
    group.detach()
    os.write(write, b"x")
    return finish()


def wait_for(group, connected):
    """Waits until processes in the group have so many connected sockets."""
    while True:
        with open(os.path.join(group.path, "cgroup.procs")) as procs:
            pids = procs.read().split()
        found = 0
        for pid in pids:
            with contextlib.suppress(OSError):
                inodes = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
                with open("/proc/net/tcp") as table:
                    found += sum(f"socket:[{row.split()[9]}]" in inodes for row in table if row.split()[3] == "01")
        if found >= connected:
            return


section("open")


@contextlib.contextmanager
def threaded_group(group):
    inner = Group(group, "threaded")
    with open(os.path.join(inner.path, "cgroup.type"), "w") as kind:
        kind.write("threaded")
    try:
        yield inner
    finally:
        inner.remove()


@case("a threaded group: what its threads open, and what they have open already", DEFAULTS, DEFAULTS)
def _(group):
    read, write = os.pipe()
    opened, tell = os.pipe()

    def before(inner):
        ends = []

        def thread():
            with open(os.path.join(inner.path, "cgroup.threads"), "w") as threads:
                threads.write(str(threading.get_native_id()))
            ends.append(pair()[1])
            os.write(tell, b"x")
            os.read(read, 1)
            ends.append(pair()[1])
        worker = threading.Thread(target=thread)
        worker.start()
        worker.join()
        return [values(end) for end in ends]
    with threaded_group(group) as inner:
        finish = group.start(before, inner)
        os.read(opened, 1)
        inner.attach()
        os.write(write, b"x")
        return finish()



@case("open already: listener, client, accepted socket, and what is accepted later", DEFAULTS, DEFAULTS, DEFAULTS, DEFAULTS)
def _(group):
    read, write = os.pipe()

    def before():
        ends = pair()
        os.read(read, 1)
        later = new()
        later.connect(ends[0].getsockname())
        return [values(end) for end in (*ends, ends[0].accept()[0])]
    finish = group.start(before)
    wait_for(group, 2)
    group.attach()
    os.write(write, b"x")
    return finish()


@case("a socket that connects only after attach gets the values for its peer", "1 14 10 6")
def _(group):
    read, write = os.pipe()

    def before():
        sock, held = new(), pair()
        os.read(read, 1)
        sock.connect(held[0].getsockname())
        return [values(sock)]
    finish = group.start(before)
    wait_for(group, 2)
    group.attach("--rule=role=client peer=127.0.0.0/8 idle=14")
    os.write(write, b"x")
    return finish()


@case("attached again: what is open gets the new settings, if what it has is from the old ones", "1 20 10 6", "1 20 10 6", "1 20 10 6",
      "1 99 10 6", "1 20 10 6")
def _(group):
    read, write = os.pipe()

    def before():
        ends, own = pair(), pair()
        own[1].setsockopt(*IDLE, 99)
        os.read(read, 1)
        later = new()
        later.connect(ends[0].getsockname())
        return [values(end) for end in (*ends, own[1], ends[0].accept()[0])]
    group.attach()
    finish = group.start(before)
    wait_for(group, 4)
    group.attach("--idle=20")
    os.write(write, b"x")
    return finish()


@case("attached again with rules for peers: a listener that was armed no longer hides them", UNTOUCHED, "1 14 10 6")
def _(group):
    read, write = os.pipe()

    def before():
        listener = listening()
        held = pair()
        os.read(read, 1)
        later = new()
        later.connect(listener.getsockname())
        return [values(listener), values(listener.accept()[0])]
    group.attach()
    finish = group.start(before)
    wait_for(group, 2)
    group.attach("--rule=role=server peer=127.0.0.0/8 idle=14")
    os.write(write, b"x")
    return finish()


section("iterator")


def iterates():
    """Whether the kernel has what it takes: a description of its types, and sock_diag(7) for TCP."""
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        return False
    with socket.socket(16, socket.SOCK_RAW, 4) as netlink:  # AF_NETLINK, NETLINK_SOCK_DIAG
        netlink.send(struct.pack("=IHHIIBBBBI48s", 72, 20, 0x301, 0, 0, socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 1 << 10, b""))
        return struct.unpack_from("=IH", netlink.recv(1 << 16))[1] != 2  # NLMSG_ERROR


@case("what waits to be accepted when the programs come has them too", DEFAULTS, DEFAULTS)
def _(group):
    read, write = os.pipe()

    def before():
        listener, sock = listening(), new()
        sock.connect(listener.getsockname())
        held = pair()
        os.read(read, 1)
        return [values(listener), values(listener.accept()[0])]
    finish = group.start(before)
    wait_for(group, 3)
    group.attach()
    os.write(write, b"x")
    return finish()


@case("force: what was open is held as what comes, by each attach with its values", "1 20 10 6", "1 20 10 6", "1 20 10 6", "0 30 10 6")
def _(group):
    read, write = os.pipe()
    seen, saw = os.pipe()
    group.attach("--mode=force")

    def before():
        ends = pair()
        os.read(read, 1)
        for end in ends:
            end.setsockopt(*IDLE, 99)
            end.setsockopt(*ON, 0)
        answer = [values(end) for end in ends]
        os.write(saw, b"x")
        os.read(read, 1)
        ends[1].setsockopt(*ON, 0)
        return answer + [values(ends[1])]
    finish = group.start(before)
    wait_for(group, 2)
    group.attach("--mode=force", "--idle=20")
    os.write(write, b"x")
    os.read(seen, 1)
    group.attach("--idle=30")
    os.write(write, b"x")
    return finish()


def two_groups(inner_settings, outer_settings, inner_first=True, then=lambda ends: [values(end) for end in ends]):
    """A case: what sockets of an inner group have that were open when the second of two nested groups was attached to."""
    def function(group):
        read, write = os.pipe()

        def before():
            ends = pair()
            os.read(read, 1)
            return then(ends)
        with below(group) as inner:
            steps = [(inner, inner_settings), (group, outer_settings)]
            for place, settings in steps if inner_first else reversed(steps):
                if place is steps[inner_first][0]:
                    finish = inner.start(before)
                    wait_for(inner, 2)
                place.attach(*settings)
            os.write(write, b"x")
            return finish()
    return function


case("open in an inner group: its values hold, though the outer group's rule says another of its own",
     DEFAULTS, DEFAULTS, DEFAULTS)(two_groups([], ["--idle=70", "--rule=role=both peer=::/0 idle=60", "--rule=peer=127.0.0.0/8 off"]))
case("open in an inner group: the outer one's force wins over respect, not over force",
     "1 30 10 6", "1 30 10 6", "1 30 10 6")(two_groups([], ["--mode=force", "--idle=30"]))
case("open in an inner group that forces: it holds", DEFAULTS, DEFAULTS, DEFAULTS)(
    two_groups(["--mode=force"], ["--mode=force", "--idle=30"]))
case("open in an inner group that serves clients: the outer one serves its servers",
     "1 30 10 6", "1 60 10 6", "1 30 10 6")(two_groups(["--role=client"], ["--idle=30"]))
case("open with an outer group's values: an inner one's replace them",
     "1 30 10 6", "1 30 10 6", "1 30 10 6")(two_groups(["--idle=30"], ["--idle=200"], inner_first=False))
case("open with the values of an outer group's rules for peers: an inner one's replace them",
     "1 30 10 6", "1 30 10 6", "1 30 10 6")(two_groups(
         ["--idle=30"], ["--rule=peer=127.0.0.0/8 idle=200", "--rule=peer=::/0 idle=201"], inner_first=False))
case("open and held by an outer group: an inner one that respects does not replace its values",
     "1 200 10 6", "1 200 10 6", "1 200 10 6")(two_groups(
         ["--idle=30"], ["--mode=force", "--idle=200"], inner_first=False))
case("open and held by an outer group: those of an inner one that forces replace its values",
     "1 30 10 6", "1 30 10 6", "1 30 10 6")(two_groups(
         ["--mode=force", "--idle=30"], ["--mode=force", "--idle=200"], inner_first=False))


def run(name, function, wanted):
    group = Group()
    try:
        answer = function(group)
    except (OSError, subprocess.CalledProcessError) as error:
        answer = [str(error), getattr(error, "stderr", "") or ""]
    finally:
        group.remove()
    print(("ok " if answer == wanted else "not ok ") + name, flush=True)
    if answer != wanted:
        print("#   wanted:", *wanted, sep="\n#     ")
        print("#   got:", *answer, sep="\n#     ", flush=True)
    return answer == wanted


if __name__ == "__main__":
    asked = [name for name in sys.argv[2:] or sections if name != "iterator" or iterates()]
    if not asked:
        sys.exit("skip: the kernel describes no types, or has no sock_diag")
    sys.exit(not all([run(*each) for name in asked for each in sections[name]]))
