"""The TCP sockets of a process as the kernel sees them: sockets.py PID

Copies each descriptor (pidfd_getfd(2)) and reads its options with getsockopt(2), so it shows the effect on an
unmodified program. One line for each socket:
fd=3 state=LISTEN protocol=tcp local=127.0.0.1:80 peer=- keepalive=1 idle=60 interval=10 count=6 user_timeout=0 rto_max=120000
"""
import ctypes
import os
import socket
import sys

SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
SO_PROTOCOL, TCP_INFO, TCP_RTO_MAX_MS = 38, 11, 44
STATES = ("?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
          "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING")
libc = ctypes.CDLL(None, use_errno=True)


def number(sock, level, name):
    try:
        return sock.getsockopt(level, name)
    except OSError:
        return "-"


def name(get):
    try:
        address = get()
    except OSError:
        return "-"
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def describe(fd, sock):
    protocol = {6: "tcp", 262: "mptcp"}[sock.getsockopt(socket.SOL_SOCKET, SO_PROTOCOL)]
    state = STATES[sock.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 1)[0]]
    tcp = socket.IPPROTO_TCP
    return (f"fd={fd} state={state} protocol={protocol} local={name(sock.getsockname)} "
            f"peer={name(sock.getpeername)} "
            f"keepalive={number(sock, socket.SOL_SOCKET, socket.SO_KEEPALIVE)} "
            f"idle={number(sock, tcp, socket.TCP_KEEPIDLE)} "
            f"interval={number(sock, tcp, socket.TCP_KEEPINTVL)} "
            f"count={number(sock, tcp, socket.TCP_KEEPCNT)} "
            f"user_timeout={number(sock, tcp, socket.TCP_USER_TIMEOUT)} "
            f"rto_max={number(sock, tcp, TCP_RTO_MAX_MS)}")


def sockets_of(pid):
    """The line of each TCP socket of the process, by descriptor."""
    pidfd = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    if pidfd < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    lines = []
    for fd in sorted(int(entry) for entry in os.listdir(f"/proc/{pid}/fd")):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:"):
                continue
        except FileNotFoundError:
            continue
        copy = libc.syscall(SYS_PIDFD_GETFD, pidfd, fd, 0)
        if copy < 0:
            continue
        with socket.socket(fileno=copy) as sock:
            if (sock.family in (socket.AF_INET, socket.AF_INET6)
                    and sock.type == socket.SOCK_STREAM
                    and sock.getsockopt(socket.SOL_SOCKET, SO_PROTOCOL) in (6, 262)):
                lines.append(describe(fd, sock))
    os.close(pidfd)
    return lines


def main():
    pid = int(sys.argv[1])
    try:
        print("".join(line + "\n" for line in sockets_of(pid)), end="")
    except OSError as error:
        sys.exit(f"sockets.py: pid {pid}: {error.strerror}")


if __name__ == "__main__":
    main()
