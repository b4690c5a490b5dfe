"""Prints the kernel's BPF programs and maps that are ours, a line each. "exclusive GROUP", "override GROUP" and
"multi GROUP" attach a program of somebody else, which refuses every connect(2), with these flags, and wait to be
ended; "pin PATH" pins it."""
import ctypes
import os
import signal
import struct
import sys

SYS_BPF, PROG_LOAD, OBJ_PIN, PROG_ATTACH, PROG_NEXT, MAP_NEXT, PROG_FD, MAP_FD, INFO = \
    {"x86_64": 321, "aarch64": 280}[os.uname().machine], 5, 6, 8, 11, 12, 13, 14, 15
SOCK_ADDR, INET4_CONNECT = 18, 10
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, *words, size=128):
    """words: pairs of a struct format and a value."""
    attributes = ctypes.create_string_buffer(struct.pack("=" + "".join(words[::2]), *words[1::2]).ljust(size, b"\0"), size)
    return libc.syscall(SYS_BPF, command, attributes, size), attributes.raw


def names(following, opening, offset):
    number = 0
    while True:
        result, answer = bpf(following, "I", number)
        if result < 0:
            return
        number = struct.unpack_from("I", answer, 4)[0]
        fd, _ = bpf(opening, "I", number)
        if fd >= 0:
            info = ctypes.create_string_buffer(256)
            bpf(INFO, "I", fd, "I", 256, "Q", ctypes.addressof(info))
            yield info.raw[offset:offset + 16].rstrip(b"\0").decode()
            os.close(fd)


FLAGS = {"exclusive": 0, "override": 1, "multi": 2}


def foreign_program():
    code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xb7, 0, 0, 0, 0x95, 0, 0, 0))
    license = ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, "I", SOCK_ADDR, "I", 2, "Q", ctypes.addressof(code), "Q", ctypes.addressof(license), "24s", b"",
               "16s", b"somebody_else", "I", 0, "I", INET4_CONNECT)[0]


if sys.argv[1:2] == ["pin"]:
    path = ctypes.create_string_buffer(os.fsencode(sys.argv[2]))
    sys.exit(bpf(OBJ_PIN, "Q", ctypes.addressof(path), "I", foreign_program())[0])
if sys.argv[1:]:
    print(bpf(PROG_ATTACH, "I", os.open(sys.argv[2], os.O_RDONLY), "I", foreign_program(), "I", INET4_CONNECT,
              "I", FLAGS[sys.argv[1]])[0], flush=True)
    signal.pause()
for kind, arguments in ("program", (PROG_NEXT, PROG_FD, 64)), ("map", (MAP_NEXT, MAP_FD, 24)):
    for name in names(*arguments):
        if name == "keepalive_shim":
            print(kind, name)
