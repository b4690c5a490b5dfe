"""Runs a command with a file as descriptor 0, 1 and 2 in turn, on a file system whose server answers no question about the
file: dead_file_server.py DIRECTORY COMMAND... (root; fuse(4))
"""
import ctypes
import os
import struct
import subprocess
import sys

INIT, LOOKUP, GETATTR, OPEN, WRITE, FORGET, BATCH_FORGET, STATX = 26, 1, 3, 14, 16, 2, 42, 52
SILENT = (GETATTR, STATX, WRITE, FORGET, BATCH_FORGET)
ENOSYS = 38


def answer(opcode, body):
    """(error, bytes)"""
    if opcode == INIT:
        return 0, struct.pack("<IIIIHHIIHH8I", 7, 31, 0, 0, 1, 1, 4096, 1, 0, 0, *[0] * 8)
    if opcode == LOOKUP:
        attributes = struct.pack("<6Q10I", 2, 0, 0, 0, 0, 0, 0, 0, 0, 0o100600, 1, 0, 0, 0, 4096, 0)
        return 0, struct.pack("<QQQQII", 2, 0, 3600, 0, 0, 0) + attributes
    if opcode == OPEN:
        return 0, struct.pack("<QII", 1, 0, 0)
    return ENOSYS, b""


def serve(device):
    while True:
        try:
            request = os.read(device, 1 << 17)
        except OSError:
            return # unmounted
        _, opcode, unique = struct.unpack_from("<IIQ", request)
        if opcode in SILENT:
            continue
        error, body = answer(opcode, request[40:])
        os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)


directory, command = sys.argv[1], sys.argv[2:]
libc = ctypes.CDLL(None, use_errno=True)
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0"
if libc.mount(b"fuse", directory.encode(), b"fuse", 0, options.encode()) != 0:
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
server = os.fork()
if server == 0:
    serve(device)
    os._exit(0)
try:
    for fd, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        file = os.open(directory + "/file", flags)
        descriptors = [subprocess.DEVNULL] * 3
        descriptors[fd] = file
        process = subprocess.Popen(command, stdin=descriptors[0], stdout=descriptors[1],
                                   stderr=descriptors[2])
        try:
            print(fd, "status", process.wait(timeout=10), flush=True)
        except subprocess.TimeoutExpired:
            print(fd, "hangs", flush=True) # not even a signal ends it, until the server has ended, below
            break
        os.close(file)
finally:
    os.close(device)
    os.kill(server, 9)
    os.waitpid(server, 0)
    libc.umount2(directory.encode(), 2) # MNT_DETACH
